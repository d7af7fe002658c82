"""What a CSV of orders may call its columns."""

COLUMNS: dict[str, tuple[str, ...]] = {
    "number": ("number", "order", "order_number", "order number", "bestellnummer", "pedido"),
    "seller": ("seller", "shop", "store"),
    "item": ("item", "title", "product", "artikel", "producto"),
    "sku": ("sku",),
    "quantity": ("quantity", "qty", "menge", "cantidad"),
    "image": ("image", "picture"),
    "barcode": ("barcode", "ean", "gtin"),
    "personalization": ("personalization", "customization"),
    "placed_on": ("placed_on", "date", "order_date"),
    "delivered_on": ("delivered_on", "delivery_date"),
    "customer_name": ("customer_name", "name", "customer"),
    "hazardous": ("hazardous",),
    "email": ("email", "e-mail", "mail"),
    "postcode": ("postcode", "zip", "postal_code", "plz"),
    "phone": ("phone", "telephone", "telefon"),
    "surname": ("surname", "last_name", "lastname"),
}
"""Our name -> the headings it is known by, in small letters."""
FACTS = ("email", "postcode", "phone", "surname")
"""Columns that prove ownership."""
REQUIRED = ("number", "seller", "item")
