"""Sales of a reseller: what sold, when, for how much, what the marketplace took, what buying the goods cost.

Aliases are compared word by word in plain English (rules/words.toml), so “order number” also stands for “Order No.”,
“orderId”, “Bestellnummer” and “N° de commande”. The order of the aliases counts: a file may have a column for several.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge

from takeback.records._base import Column, Record, listed

_MARKETPLACES = listed(
    """
    ebay, etsy, mercari, poshmark, depop, facebook, vinted, shopify, walmart, tiktok, whatnot, stockx, bonanza, reverb,
    grailed, goat, gumroad, woocommerce, bandcamp, discogs, bricklink, kleinanzeigen, leboncoin, wallapop, catawiki,
    marketplace, shop, store, website, online, actual
    """
)
_PROCESSORS = ("paypal", "stripe", "square", "klarna", "amazon")


class Bookkeeping(Record):
    """One sold line."""

    name: ClassVar[str] = "bookkeeping"
    table: ClassVar[str] = "bookkeeping_records"
    identity: ClassVar[str] = "ebay_order_id"

    ebay_order_id: Annotated[
        str,
        Column(
            kind="id",
            label="Order number",
            example="20-11840-79632",
            aliases=listed(
                """
                ebay order id, order number, order id, order no, order, sales order number, sale id, sale number, order
                ref, order code, order name, sales record number, invoice number, invoice no, invoice,
                receipt id, transaction id, transaction number, transaction code, transaction, id
                """
            ),
            harmless=(*_MARKETPLACES, "sale"),
            apart="amazon_price_cents",
            aliases_apart=("amazon order id", "amazon order number"),
        ),
    ]
    sale_date: Annotated[
        date,
        Column(
            kind="date",
            label="Sale date",
            example="2026-01-24",
            aliases=listed(
                """
                sale date, date sold, sold on, sold at, date of sale, sale time, sold, order date, ordered on, ordered at,
                ordered, order placed, order placed at, order placed date, order created, order created at, order created
                date, order creation date, order time, order date time, order created time, ordered date, created at,
                created on, created date, created time, creation date, created, invoice date, transaction date,
                transaction creation date, transaction created, transaction created at, transaction time, date time, date,
                posted date, date posted
                """
            ),
            harmless=(*_MARKETPLACES, "time", "utc", "local"),
        ),
    ]
    item_name: Annotated[
        str,
        Column(
            kind="text",
            label="Item",
            example="Vintage camera lens",
            aliases=listed(
                """
                item title, item name, product title, product name, listing title, listing name, line item name, item,
                title, product, products, item sold, name of item, nombre del articulo, nombre del producto, nombre de
                producto, nombre de articulo, item description, product description, listing, offer title, description,
                item details, merchandise, article, name
                """
            ),
            harmless=(*_MARKETPLACES, "sale"),
        ),
    ]
    qty: Annotated[
        int,
        Ge(1),
        Column(
            kind="count",
            label="Quantity",
            example="1",
            minimum=1,
            aliases=listed(
                """
                qty, quantity, quantity sold, item quantity, quantity ordered, order quantity, quantity purchased, units
                sold, units, number of items, items sold, item count, number sold, pieces, total quantity, total items,
                sku quantity
                """
            ),
            harmless=_MARKETPLACES,
        ),
    ] = 1
    sale_price_cents: Annotated[
        int,
        Ge(0),
        Column(
            kind="money",
            label="Sale price",
            example="129.00",
            minimum=0,
            aliases=listed(
                """
                item total, line total, item subtotal, product sales, line amount, gross sales, sale price, sold price,
                selling price, sold for, sale amount, sold amount, amount sold, final sale price, final price, item sale
                price, item price, item amount, order price, gross amount, gross, order value, item value, sale value,
                sale, sold, price, unit price, price per unit, price each, price per item, unit amount, gross price, gross
                sale, item revenue, deal price, gross revenue, revenue, amount, amount total, subtotal, order subtotal,
                sub total, order amount, transaction amount, gross transaction amount, order total, sale total, total
                price, total sale price, grand total
                """
            ),
            harmless=_MARKETPLACES,
            apart="ebay_fees_cents",
            aliases_apart=("total amount", "total"),
        ),
    ]
    ebay_fees_cents: Annotated[
        int | None,
        Ge(0),
        Column(
            kind="money",
            label="Marketplace fees",
            example="17.16",
            minimum=0,
            outgoing=True,
            aliases=listed(
                """
                total fees, ebay fees, marketplace fees, selling fees, seller fees, fees, fee, fee amount, amount fee,
                fees total, final value fee, final value fee variable, final value fee fixed, item fee, fees & taxes,
                service fee, sales commission, commission, commission fee, marketplace commission, seller commission,
                transaction fees, processing fee, payment processing fee, card processing fees, payment fee, seller
                service fee
                """
            ),
            harmless=(*_MARKETPLACES, *_PROCESSORS),
        ),
    ] = None
    amazon_price_cents: Annotated[
        int | None,
        Ge(0),
        Column(
            kind="money",
            label="Purchase price",
            example="75.00",
            minimum=0,
            outgoing=True,
            aliases=listed(
                """
                amazon price, amazon cost, purchase price, purchase cost, cost of goods sold, cost of goods, cogs, item
                cost, cost price, cost of item, product cost, unit cost, price paid, cost basis, cost, bought for, purchase amount,
                purchase, amount paid for item, total cost
                """
            ),
            harmless=("actual", "original"),
        ),
    ] = None
    amazon_tax_cents: Annotated[
        int | None,
        Ge(0),
        Column(
            kind="money",
            label="Purchase tax",
            example="6.19",
            minimum=0,
            outgoing=True,
            aliases=listed(
                """
                amazon tax, purchase tax, tax on purchase, purchase sales tax, amazon sales tax, tax paid, sales tax paid,
                input tax
                """
            ),
        ),
    ] = None
    amazon_shipping_cents: Annotated[
        int | None,
        Ge(0),
        Column(
            kind="money",
            label="Purchase shipping",
            example="0.00",
            minimum=0,
            outgoing=True,
            aliases=listed(
                """
                amazon shipping, amazon shipping cost, purchase shipping, purchase shipping cost, shipping paid, inbound
                shipping, inbound shipping cost
                """
            ),
            beside=("amazon_price_cents",),
            aliases_beside=listed(
                """
                shipping cost, shipping expense, postage cost, postage
                """
            ),
        ),
    ] = None
    amazon_order_id: Annotated[
        str | None,
        Column(
            kind="id",
            label="Purchase order number",
            example="112-5550199-0042042",
            # Without the sale's own number or a cost beside it, an Amazon order is a sale on Amazon.
            beside=("ebay_order_id", "amazon_price_cents"),
            aliases_beside=listed(
                """
                amazon order id, amazon order number, amazon order, purchase order number, purchase order id, purchase
                order, supplier order number, source order, source order number, purchase number, purchase id, amazon order ref,
                supplier order ref, purchase order ref, purchase ref
                """
            ),
        ),
    ] = None
    order_remark: Annotated[
        str | None,
        Column(
            kind="text",
            label="Remark",
            example="",
            aliases=listed(
                """
                my item note, order remark, seller note, private note, internal note, my note, order note, sale note, item
                note, note, notes, remark, remarks, comment, comments, memo
                """
            ),
            harmless=_MARKETPLACES,
        ),
    ] = None
    status: Annotated[
        Literal["SUCCESSFUL", "RETURN_LABEL_PROVIDED", "RETURN_CLOSED", "REFUND_NO_RETURN"],
        Column(
            kind="choice",
            label="Status",
            example="SUCCESSFUL",
            aliases=listed(
                """
                order status, sale status, status, order state, result, outcome, sale result, order outcome
                """
            ),
            harmless=_MARKETPLACES,
            choices={
                "SUCCESSFUL": listed(
                    """
                    successful, success, succeeded, completed, complete, sale complete, sale completed, sold, ok, okay,
                    done, finished, paid, settled, shipped, sent, dispatched, in transit, delivered, fulfilled, shipped
                    delivered to buyer, erfolgreich, abgeschlossen, erledigt, bezahlt, verkauft, versendet, versandt,
                    verschickt, geliefert, zugestellt, termine, terminee, reussi, reussie, complet, vendu, vendue, paye,
                    payee, livre, livree, expedie, expediee, completado, completada, exitoso, exitosa, finalizado,
                    finalizada, vendido, vendida, pagado, pagada, entregado, entregada, enviado, enviada, exito
                    """
                ),
                "RETURN_LABEL_PROVIDED": listed(
                    """
                    return label provided, return label sent, return label issued, return label created, return label
                    given, label provided, label sent, rucksendeetikett bereitgestellt, rucksendeetikett gesendet,
                    retourenlabel bereitgestellt, retourenlabel gesendet, retourenetikett bereitgestellt, etiquette de
                    retour fournie, etiquette de retour envoyee, bordereau de retour fourni, etiqueta de devolucion
                    proporcionada, etiqueta de devolucion enviada, etiqueta de devolucion facilitada
                    """
                ),
                "RETURN_CLOSED": listed(
                    """
                    return closed, returned, shipped returned to seller, return complete, return completed, return
                    finished, return received, return done, closed return, ruckgabe abgeschlossen, retoure abgeschlossen,
                    rucksendung abgeschlossen, ruckgabe geschlossen, retourniert, zuruckgesendet, zuruckgegeben, retour
                    clos, retour cloture, retour termine, retourne, retournee, devuelto, devuelta, devolucion cerrada,
                    devolucion completada, devolucion finalizada
                    """
                ),
                "REFUND_NO_RETURN": listed(
                    """
                    refund no return, refunded no return, refund without return, refunded without return, refund item
                    kept, refunded item kept, refund keep item, no return refund, returnless refund, erstattung ohne
                    ruckgabe, erstattung ohne rucksendung, erstattet ohne ruckgabe, ruckerstattung ohne ruckgabe,
                    ruckerstattung ohne rucksendung, rembourse sans retour, remboursement sans retour, reembolso sin
                    devolucion, reembolsado sin devolucion
                    """
                ),
            },
        ),
    ] = "SUCCESSFUL"  # fmt: skip
