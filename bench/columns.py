"""The columns of the measured sheets. The peers read it too, in an environment of their own, so it imports nothing."""

HEADERS = (
    "Order number",
    "Sale date",
    "Item title",
    "Quantity",
    "Sold for",
    "Marketplace fees",
    "Purchase price",
    "Purchase tax",
    "Purchase shipping",
    "Amazon order ID",
    "Notes",
    "Status",
)
ORDER, DAY, TITLE, QUANTITY = HEADERS[:4]
PURCHASE, NOTES, STATUS = HEADERS[9:]
MONEY = HEADERS[4:9]
WORDS = ("Shipped", "Delivered", "Paid", "Completed", "Return closed", "Refund no return")
STATUSES = tuple(word.lower() for word in WORDS)
# An amount as these sheets write it, and the forms that a date may have.
AMOUNT = r"^-?\$?(?:\d+|\d{1,3}(?:,\d{3})+)\.\d{2}$"
DATE_FORMS = ("%m/%d/%Y", "%Y-%m-%d", "%b-%d-%y", "%b %d, %Y", "%d %b %Y")
