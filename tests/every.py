"""Everything that a store of photos lists, at once: tests keep few."""

from storage.ports import Blob, BlobStore


async def every(blobs: BlobStore) -> list[Blob]:
    """List every object, by key."""
    found = [blob async for one in blobs.slices() for blob in one]
    return sorted(found, key=lambda blob: blob.key)
