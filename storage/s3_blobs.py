"""Objects in an S3-compatible store, by the same keys as on disk; what the store says never gets into an error.

Address and credentials come from the usual `AWS_*` variables. The client is called from threads: the asynchronous
side of obstore 0.12 aborts the interpreter now and then when it ends.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import urlsplit

from storage.blobs import SLICE, checked, checked_case, key_of
from storage.ports import Blob, StorageFailure

T = TypeVar("T")

YOUNG = timedelta(hours=12)
"""An object stored again when it is older is written anew: the sweep takes what is older than a day and has no row."""
PATIENCE = timedelta(seconds=20)
"""For one request; whoever calls tries again later."""
ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
NO_BUCKET = "NoSuchBucket"


class S3Blobs:
    """Objects below `s3://BUCKET/PREFIX`; a put returns when the store has answered that it keeps the object."""

    def __init__(self, place: str) -> None:
        try:
            import obstore  # noqa: PLC0415 - an extra
            from obstore import exceptions  # noqa: PLC0415
        except ImportError:
            raise StorageFailure("s3:// places need the extra `s3`") from None
        self._client: Any = obstore
        self._words = _words(exceptions)
        self._store = _open(place)

    async def put(self, case: str, content: bytes) -> str:
        """Create the object; one that is there is left, or made young again."""
        key = key_of(case, content)
        await self._call(lambda: self._put(key, content))
        return key

    def _put(self, key: str, content: bytes) -> None:
        try:
            self._client.put(self._store, key, content, mode="create", use_multipart=False)
        except NotImplementedError:  # a store without conditional writes: the bytes are the same anyway
            self._client.put(self._store, key, content, use_multipart=False)
        except self._client.exceptions.AlreadyExistsError:
            there = self._client.head(self._store, key)
            if there["size"] != len(content) or datetime.now(UTC) - there["last_modified"] > YOUNG:
                self._client.put(self._store, key, content, use_multipart=False)

    async def get(self, key: str) -> bytes:
        """Read an object; KeyError when there is none, StorageFailure when there is no bucket."""
        checked(key)
        return await self._call(lambda: bytes(self._client.get(self._store, key).bytes()), missing=key)

    async def delete(self, keys: Sequence[str]) -> None:
        """Delete objects; those that are gone are no error."""
        await self._delete([checked(key) for key in keys])

    async def _delete(self, keys: list[str]) -> None:
        if keys:
            await self._call(lambda: self._client.delete(self._store, keys))

    async def delete_case(self, case: str) -> None:
        """Delete everything of a case: its code is the prefix of its keys."""
        prefix = f"{checked_case(case)}/"
        await self._delete(await self._call(lambda: [one["path"] for one in self._listed(prefix)]))

    async def slices(self) -> AsyncIterator[Sequence[Blob]]:
        """List every object, page by page; the store sorts them by key."""
        listed = iter(self._listed(""))
        while found := await self._call(lambda: [_blob(one) for one in islice(listed, SLICE)]):
            yield found

    def _listed(self, prefix: str) -> Iterable[Any]:
        for page in self._client.list(self._store, prefix or None):
            yield from (one for one in page if _is_key(one["path"]) and one["path"].startswith(prefix))

    async def _call(self, work: Callable[[], T], *, missing: str = "") -> T:
        try:
            return await asyncio.to_thread(work)
        except FileNotFoundError as failure:
            if missing and NO_BUCKET not in str(failure):
                raise KeyError(missing) from None
            raise StorageFailure("object store: there is no such bucket") from None
        except tuple(self._words) as failure:
            words = next(said for kind, said in self._words.items() if isinstance(failure, kind))
            raise StorageFailure(f"object store: {words}") from None


def _words(exceptions: Any) -> dict[type[Exception], str]:
    """Say in our words what went wrong; the client's own quote addresses and keys."""
    return {
        exceptions.PermissionDeniedError: "access is denied",
        exceptions.UnauthenticatedError: "the credentials are refused",
        exceptions.BaseError: "it does not answer as it should",
    }


def _open(place: str) -> Any:
    """Name the bucket; asks nothing of it yet."""
    from obstore.store import S3Store  # noqa: PLC0415 - an extra

    parts = urlsplit(place)
    endpoint = next((os.environ[name] for name in ENDPOINTS if os.environ.get(name)), "")
    options: Any = {
        "allow_http": endpoint.startswith("http://"),
        "timeout": PATIENCE,
        "connect_timeout": "5s",
    }
    named: Any = {"endpoint": endpoint} if endpoint else {}
    try:
        return S3Store(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            client_options=options,
            retry_config={"max_retries": 2, "retry_timeout": PATIENCE},
            **named,
        )
    except Exception as fault:  # noqa: BLE001 - the client's refusals have no common class
        kind = type(fault).__name__  # what they say may quote credentials
        raise StorageFailure(f"object store: its AWS_* variables cannot be used ({kind})") from None


def _is_key(path: str) -> bool:
    try:
        return bool(checked(path))
    except ValueError:
        return False


def _blob(one: Any) -> Blob:
    return Blob(key=one["path"], size=one["size"], changed=one["last_modified"])
