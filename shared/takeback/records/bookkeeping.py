"""Sales of a reseller: what sold, when, for how much, what the marketplace took, what buying the goods cost.

Aliases are compared word by word in plain English (rules/words.toml), so “order number” also stands for “Order No.”,
“orderId”, “Bestellnummer” and “N° de commande”. The order of the aliases counts: a file may have a column for several.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge

from takeback.records._base import Column, Given, Record, listed
from takeback.records._statuses import STATUSES

_MARKETPLACES = ("ebay", "marketplace", "shop", "store", "website", "online", "actual")
_PROCESSORS = listed(
    "paypal, stripe, square, klarna, amazon, adyen, mollie, braintree, worldpay, sumup, zettle, venmo, payoneer, afterpay, affirm, payu"
)


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
                ref, order code, order name, order ref number, merchant order ref, merchant ref, sales record number, invoice
                number, invoice no, invoice, receipt id, transaction id, transaction number, transaction code, transaction
                ref, transaction, document number, num, id
                """
            ),
            harmless=(*_MARKETPLACES, "sale"),
            given=(Given(("amazon order id", "amazon order number"), apart="amazon_price_cents"),),
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
                created on, created date, created date time, created time, creation date, created, invoice date, date issued,
                issue date, issued, transaction date,
                transaction creation date, transaction created, transaction created at, transaction time, date time, date,
                posted date, date posted
                """
            ),
            harmless=(*_MARKETPLACES, "time", "utc", "local"),
            # Shops call the day of the sale so, resellers the day on which they bought: then a cost stands beside it.
            given=(
                Given(("purchase date", "purchase date time", "date of purchase"), beside=("ebay_order_id",), apart="amazon_price_cents"),
            ),
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
                producto, nombre de articulo, item description, product description, listing, offer title, offer name,
                menu item, material description, lot title, description, item details, merchandise, article, name
                """
            ),
            harmless=(*_MARKETPLACES, "sale"),
            given=(Given(("details",), beside=("qty",)),),
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
                sku quantity, quantity shipped, net items sold, number of units, units ordered, count
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
                item total, line total, line subtotal, item subtotal, product sales, line amount, extended price, extended
                unit price, extended amount, gross sales, sale price, sold price,
                selling price, sold for, sale amount, sold amount, amount sold, final sale price, final price, item sale
                price, item price, item amount, order price, gross amount, gross, order value, item value, sale value,
                sale, sold, price, unit price, price per unit, price each, price per item, unit amount, gross price, gross
                sale, item revenue, deal price, gross revenue, revenue, amount, amount total, subtotal, order subtotal,
                sub total, order amount, transaction amount, gross transaction amount, item charges, total item
                charges, agreed price, hammer price, gross credit, order total, sale total, total price, total sale price,
                invoice amount, invoice total, net sales, grand total
                """
            ),
            harmless=_MARKETPLACES,
            # What is called so beside fees or gross amounts is mostly what is left of them.
            given=(Given(("total amount", "total"), apart="ebay_fees_cents", absent=("fee", "commission", "payout", "net")),),
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
                service fee, selling fees & taxes, sales commission, commission, commission fee, marketplace commission, seller commission,
                transaction fees, processing fee, payment processing fee, card processing fees, payment fee, seller
                service fee, final price commission, final price fee, final price commission variable, final price
                commission fixed, success commission, success fee, referral fee, merchant fee, sale cost, transaction cost,
                fee commission
                """
            ),
            harmless=(*_MARKETPLACES, *_PROCESSORS, "amount", "charged", "paid", "net", "gross"),
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
                purchase, amount paid for item, purchase net, purchase gross, cost amount, cost each, cost per item, total cost
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
            given=(Given(("shipping cost", "shipping expense", "postage cost", "postage"), beside=("amazon_price_cents",)),),
        ),
    ] = None
    amazon_order_id: Annotated[
        str | None,
        Column(
            kind="id",
            label="Purchase order number",
            example="112-5550199-0042042",
            # Without the sale's own number or a cost beside it, an Amazon order is a sale on Amazon; and without a cost, a
            # “purchase order” is the buyer's.
            given=(
                Given(
                    ("amazon order id", "amazon order number", "amazon order", "amazon order ref"),
                    beside=("ebay_order_id", "amazon_price_cents"),
                ),
                Given(
                    listed(
                        """
                        purchase order number, purchase order id, purchase order, supplier order number, source order, source
                        order number, purchase number, purchase id, supplier order ref, purchase order ref, purchase ref
                        """
                    ),
                    beside=("amazon_price_cents",),
                ),
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
            harmless=(*_MARKETPLACES, "private", "internal", "staff", "misc"),
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
            choices=STATUSES,
        ),
    ] = "SUCCESSFUL"
