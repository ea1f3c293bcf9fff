"""Sales of a reseller: what sold, when, for how much, what the marketplace took, what buying the goods cost."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge

from takeback.records._base import Column, Record


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
            aliases=("ebay order id", "order number", "order id", "order no", "sales record number", "sale id"),
        ),
    ]
    sale_date: Annotated[
        date,
        Column(kind="date", label="Sale date", example="2026-01-24", aliases=("sale date", "date sold", "sold date", "order date", "date")),
    ]
    item_name: Annotated[
        str,
        Column(
            kind="text",
            label="Item",
            example="Vintage camera lens",
            aliases=("item name", "item title", "title", "item", "product name", "description"),
        ),
    ]
    qty: Annotated[
        int,
        Ge(1),
        Column(kind="count", label="Quantity", example="1", minimum=1, aliases=("qty", "quantity", "quantity sold", "units")),
    ] = 1
    sale_price_cents: Annotated[
        int,
        Ge(0),
        Column(
            kind="money",
            label="Sale price",
            example="129.00",
            minimum=0,
            aliases=("sale price", "sold price", "sold for", "price", "item price", "amount"),
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
            aliases=("ebay fees", "fees", "final value fee", "selling fees"),
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
            aliases=("amazon price", "purchase price", "cost", "item cost", "cost of goods"),
        ),
    ] = None
    amazon_tax_cents: Annotated[
        int | None,
        Ge(0),
        Column(kind="money", label="Purchase tax", example="6.19", minimum=0, aliases=("amazon tax", "purchase tax", "tax paid")),
    ] = None
    amazon_shipping_cents: Annotated[
        int | None,
        Ge(0),
        Column(
            kind="money",
            label="Purchase shipping",
            example="0.00",
            minimum=0,
            aliases=("amazon shipping", "purchase shipping", "shipping paid"),
        ),
    ] = None
    amazon_order_id: Annotated[
        str | None,
        Column(
            kind="id",
            label="Purchase order number",
            example="112-5550199-0042042",
            aliases=("amazon order id", "amazon order number", "purchase order id"),
        ),
    ] = None
    order_remark: Annotated[
        str | None,
        Column(
            kind="text",
            label="Remark",
            example="",
            aliases=("order remark", "remark", "remarks", "notes", "note", "comment", "seller note"),
        ),
    ] = None
    status: Annotated[
        Literal["SUCCESSFUL", "RETURN_LABEL_PROVIDED", "RETURN_CLOSED", "REFUND_NO_RETURN"],
        Column(
            kind="choice",
            label="Status",
            example="SUCCESSFUL",
            aliases=("status", "order status", "sale status"),
            choices={
                "SUCCESSFUL": ("successful", "success", "completed", "complete", "sold", "ok"),
                "RETURN_LABEL_PROVIDED": ("return label provided", "return label sent", "label provided"),
                "RETURN_CLOSED": ("return closed", "returned"),
                "REFUND_NO_RETURN": ("refund no return", "refunded without return", "refund without return"),
            },
        ),
    ] = "SUCCESSFUL"
