"""Five issues as customers walk them, in three languages: what is tapped, sent and seen, and what the seller must find."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tap:
    """Press the button whose words begin so."""

    label: str


@dataclass(frozen=True, slots=True)
class See:
    """Wait until the chat shows these words; `photo` names the screenshot to take then."""

    words: str
    photo: str = ""


@dataclass(frozen=True, slots=True)
class Type:
    """Write a text."""

    words: str


@dataclass(frozen=True, slots=True)
class Send:
    """Send one photo, or an album; `as_file` sends the original, which lies on its side (EXIF orientation 6)."""

    count: int = 1
    blurred: bool = False
    as_file: bool = False


Act = Tap | See | Type | Send


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """One issue, from the deep link to the bundle."""

    issue: str
    order: str
    seller: str
    language: str
    acts: tuple[Act, ...]
    labels: tuple[str, ...]
    upright: str  # label of the photo that was sent as a file on its side
    message: tuple[str, ...]  # what the seller reads, among other words
    locale: str  # the language that the seller reads it in


SHIPPING_DAMAGE = Walk(
    issue="shipping_damage", order="A-1017", seller="acme", language="en", locale="en",
    acts=(
        See("What happened?", "issue"), Tap("Shipping damage"), Tap("Box and item"), Tap("Skip"),
        See("The box from outside", "shot"), Send(blurred=True), See("The photo is a little blurred.", "retake"),
        Send(as_file=True), See("The shipping label, the tracking number readable"), Send(4), Tap("Enough"), See("", "album"),
        Tap("Skip"), See("Fill the picture with the stamp."), Tap("Skip"), Tap("A replacement"),
        See("send me a replacement?"), Tap("‹ Back"), Tap("My money back"), See("refund me?", "message"),
        Tap("Use this message"), See("Shall I send it?", "review"), Tap("Edit: Wish"), Tap("A replacement"),
        See("send me a replacement?"), Tap("Use this message"), Tap("Send"), See("Delivered to Acme Outdoor", "sent"),
    ),
    labels=(
        "ShippingDamage_Packaging", "ShippingDamage_ShippingLabel", "ShippingDamage_InnerPackaging",
        "ShippingDamage_Product", "ShippingDamage_CloseUp_1",
    ),
    upright="ShippingDamage_Packaging", message=("Hello Acme Outdoor", "send me a replacement?"),
)  # fmt: skip

PRODUCT_DEFECT = Walk(
    issue="product_defect", order="L-2203", seller="lumen", language="de", locale="de",
    acts=(
        See("Was ist passiert?", "issue"), Tap("Produkt defekt"), Tap("Es funktioniert nicht"), See("Beschreiben Sie es"),
        Tap("‹ Zurück"), Tap("Es ist kaputt"), Type("Der Schirm hat einen Sprung."),
        See("Der ganze Artikel von vorn", "shot"), Send(blurred=True), See("Das Foto ist etwas unscharf.", "retake"),
        Send(as_file=True), See("Der Mangel aus der Nähe"), Send(2), See("2 von höchstens 3", "album"), Tap("Das genügt"),
        See("Das Schild mit Modell"), Tap("Überspringen"), See("Der ganze Artikel von hinten"), Send(),
        Tap("Ersatz"), See("mir Ersatz schicken?", "message"), Tap("So verwenden"),
        See("Soll ich es so senden?", "review"), Tap("Ändern: Einzelheiten"), Type("Der Schirm hat zwei Sprünge."),
        See("Der Schirm hat zwei Sprünge."), Tap("So verwenden"), Tap("Senden"),
        See("Bei Lumen Leuchten angekommen", "sent"),
    ),
    labels=(
        "ProductDefect_FrontView", "ProductDefect_CloseUp_1", "ProductDefect_CloseUp_2", "ProductDefect_BackView",
    ),
    upright="ProductDefect_FrontView",
    message=("Guten Tag Lumen Leuchten", "Der Schirm hat zwei Sprünge.", "mir Ersatz schicken?"),
)  # fmt: skip

MISMATCHED_PRODUCT = Walk(
    issue="mismatched_product", order="C-0457", seller="casaluz", language="es", locale="es",
    acts=(
        See("¿Qué ha pasado?", "issue"), Tap("No es lo que pedí"), Tap("Faltan piezas"), Type("Una funda"),
        See("El artículo completo que recibió", "shot"), Send(blurred=True), See("La foto está un poco borrosa", "retake"),
        Send(2), See("1 de hasta 3", "album"), Send(), See("2 de hasta 3"), Tap("Es suficiente"), See("El código de barras"), Tap("Omitir"),
        See("La etiqueta de envío"), Send(as_file=True), See("El albarán"), Tap("Omitir"),
        Tap("El artículo correcto"), See("enviarme lo que pedí"), Tap("‹ Atrás"), Tap("El reembolso"),
        See("reembolsarme el importe", "message"), Tap("Usar este mensaje"), See("¿Lo envío?", "review"),
        Tap("Cambiar: Falta"), Type("Dos fundas"), See("Dos fundas"), Tap("Usar este mensaje"), Tap("Enviar"),
        See("Entregado a Casa Luz", "sent"),
    ),
    labels=(
        "MismatchedProduct_Product", "MismatchedProduct_AllParts_1", "MismatchedProduct_AllParts_2",
        "MismatchedProduct_ShippingLabel",
    ),
    upright="MismatchedProduct_ShippingLabel",
    message=("Hola, Casa Luz", "Dos fundas", "reembolsarme el importe"),
)  # fmt: skip

PROOF_OF_PURCHASE = Walk(
    issue="proof_of_purchase", order="A-1017", seller="acme", language="de", locale="en",
    acts=(
        See("Was ist passiert?", "issue"), Tap("Kaufnachweis"), Tap("Garantie oder Reparatur"),
        See("Der ganze Beleg", "shot"), Send(blurred=True), See("Das Foto ist etwas unscharf.", "retake"), Send(as_file=True),
        See("1 von höchstens 3"), Send(2), See("Der ganze Artikel", "album"), Tap("Überspringen"),
        See("Das Schild mit Modell"), Tap("Überspringen"), See("Was sollte der Verkäufer noch wissen?"), Tap("‹ Zurück"),
        See("Ihre Fotos"), Tap("Fertig"), Tap("Überspringen"), See("for the guarantee", "message"), Tap("So verwenden"),
        See("Soll ich es so senden?", "review"), Tap("Ändern: Grund"), Tap("Rückgabe oder Erstattung"), See("for a return"),
        Tap("So verwenden"), Tap("Senden"), See("Bei Acme Outdoor angekommen", "sent"),
    ),
    labels=("ProofOfPurchase_Receipt_1", "ProofOfPurchase_Receipt_2", "ProofOfPurchase_Receipt_3"),
    upright="ProofOfPurchase_Receipt_1", message=("Hello Acme Outdoor", "for a return", "3 files"),
)  # fmt: skip

CUSTOMIZATION = Walk(
    issue="customization", order="C-0460", seller="casaluz", language="es", locale="es",
    acts=(
        See("¿Qué ha pasado?", "issue"), Tap("Personalización incorrecta"), Tap("Imagen o diseño incorrecto"),
        See("Familia Ruiz 2026", "shot"), Tap("‹ Atrás"), Tap("Nombre o texto incorrecto"), See("Familia Ruiz 2026"),
        Send(blurred=True), See("La foto está un poco borrosa", "retake"), Send(2), See("2 de hasta 3", "album"),
        Tap("Es suficiente"), See("El artículo completo"), Send(as_file=True), See("Una captura del pedido"), Tap("Omitir"),
        Tap("Hacerlo de nuevo"), See("hacerlo de nuevo como lo pedí", "message"), Tap("Usar este mensaje"),
        See("¿Lo envío?", "review"), Tap("Cambiar: Error"), Tap("Mal impreso o grabado"), See("la impresión o el grabado"),
        Tap("Usar este mensaje"), Tap("Enviar"), See("Entregado a Casa Luz", "sent"),
    ),
    labels=("Customization_CloseUp_1", "Customization_CloseUp_2", "Customization_Product"),
    upright="Customization_Product",
    message=("Había pedido: Familia Ruiz 2026", "la impresión o el grabado es deficiente", "hacerlo de nuevo"),
)  # fmt: skip

WALKS = (SHIPPING_DAMAGE, PRODUCT_DEFECT, MISMATCHED_PRODUCT, PROOF_OF_PURCHASE, CUSTOMIZATION)
