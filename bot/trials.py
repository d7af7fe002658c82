"""The test bundle that `clearshot doctor` sends: it says that it is one, and is made as the seller wants bundles."""

import hashlib

from bot.manifest import file_names, manifest
from bot.ports import TRIAL_CASE, LabelledFile, Parcel, PhotoJudge, SellerProfile
from flows.values import Bundle, BundlePhoto, Order, Photo, Seller

LABEL = "Test_Photo"
WORDS = {
    "en": ("Test: nothing to do", "This is a test by Clearshot. It shows how bundles arrive here; no customer waits.", "A drawing as a test photo"),
    "de": ("Test: nichts zu tun", "Dies ist ein Test von Clearshot. Er zeigt, wie Sendungen hier ankommen; niemand wartet auf Antwort.", "Eine Zeichnung als Testfoto"),
    "es": ("Prueba: nada que hacer", "Esto es una prueba de Clearshot. Muestra cómo llegan aquí los envíos; ningún cliente espera.", "Un dibujo como foto de prueba"),
}  # fmt: skip


async def trial_parcel(profile: SellerProfile, drawing: bytes, *, judge: PhotoJudge) -> Parcel:
    """Make the test bundle for one seller: in their language, with a photo as their `photos` block wants it."""
    content, mime, width, height = await judge.prepare(drawing, how=profile.preparation)
    bundle = _bundle(profile, drawing, width=width, height=height)
    [name] = file_names(bundle, [mime], profile.preparation.names)
    file = LabelledFile(
        name=name, label=LABEL, title=bundle.photos[0].title, mime=mime, content=content,
        sha256=hashlib.sha256(content).hexdigest(), original_sha256=bundle.photos[0].photo.sha256,
        width=width, height=height,
    )  # fmt: skip
    return Parcel(bundle=bundle, files=(file,), manifest=manifest(bundle, [file]))


def _bundle(profile: SellerProfile, drawing: bytes, *, width: int, height: int) -> Bundle:
    locale = profile.locale if profile.locale in WORDS else "en"
    subject, message, title = WORDS[locale]
    digest = hashlib.sha256(drawing).hexdigest()
    photo = Photo(
        id="test", kind="photo", key=f"{TRIAL_CASE}/{digest}", sha256=digest, size=len(drawing), mime="image/png",
        width=width, height=height,
    )  # fmt: skip
    return Bundle(
        case=TRIAL_CASE, number=1, seller=Seller(id=profile.id, name=profile.name, locale=profile.locale),
        order=Order(number="TEST", seller=profile.id), item=None, issue="test", issue_title=subject, summary=subject,
        locale=locale, message=message, customer_name="Clearshot", customer_locale=locale,
        photos=(BundlePhoto(label=LABEL, title=title, photo=photo),),
    )  # fmt: skip
