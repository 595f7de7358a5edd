"""What Corner offers: services, slots and products, the same on every start and on every machine."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass

DAYS = 14
TIMES = tuple(f"{hour:02}:{minute:02}" for hour in range(9, 19) for minute in (0, 30))
SEATS = 100_000  # so many that a crowd of load users never fills a slot
PAGE = 24
CATEGORIES = ("bakery", "pantry", "drinks", "flowers", "home", "books")


@dataclass(frozen=True, slots=True)
class Service:
    """Something that can be booked."""

    id: str
    name: str
    minutes: int
    price_cents: int
    blurb: str

    def as_json(self) -> dict[str, object]:
        """The API's form."""
        return {"id": self.id, "name": self.name, "minutes": self.minutes, "price_cents": self.price_cents, "description": self.blurb}


@dataclass(frozen=True, slots=True)
class Product:
    """Something that can be bought."""

    id: int
    slug: str
    name: str
    category: str
    price_cents: int
    picture: str

    def as_json(self) -> dict[str, object]:
        """The API's short form."""
        return {
            "id": self.id,
            "slug": self.slug,
            "name": self.name,
            "category": self.category,
            "price_cents": self.price_cents,
            "in_stock": True,
        }


SERVICES = {
    service.id: service
    for service in (
        Service("haircut", "Haircut", 45, 3500, "Wash, cut and a look in the mirror from both sides."),
        Service("massage", "Massage", 60, 5900, "An hour for a back that has sat too long."),
        Service("manicure", "Manicure", 40, 2900, "Shaped, cared for, any colour or none."),
        Service("facial", "Facial", 50, 4900, "Cleansing, a mask and twenty quiet minutes."),
        Service("personal-training", "Personal training", 60, 5500, "One trainer, one plan, your own pace."),
        Service("yoga-lesson", "Yoga lesson", 75, 1800, "A small group; mats and tea are here."),
        Service("bike-repair", "Bike repair", 30, 2500, "Brakes, gears and chain while you wait."),
        Service("piano-lesson", "Piano lesson", 45, 3200, "For first scales and for old favourites."),
        Service("dog-grooming", "Dog grooming", 60, 4500, "Bath, brush and trim for patient and impatient dogs."),
        Service("tailoring", "Tailoring", 30, 2200, "Hems, zips and things that should fit again."),
        Service("photo-session", "Photo session", 90, 12000, "Portraits in daylight; ten pictures to keep."),
        Service("language-lesson", "Language lesson", 60, 2800, "Conversation first, grammar when it helps."),
    )
}

# Per category: the adjectives and nouns that make its forty names, the lowest price and the picture's motif.
_WORDS: dict[str, tuple[str, str, int, str]] = {
    "bakery": ("Sourdough Rye Walnut Spelt Seeded", "Loaf|Rolls|Baguette|Crispbread|Flatbread|Bun|Toast|Braid", 320, "loaf"),
    "pantry": ("Cherry Apricot Plum Fig Quince", "Jam|Chutney|Honey|Vinegar|Mustard|Syrup|Compote|Spread", 450, "jar"),
    "drinks": ("Garden Orchard Ginger Elder Mint", "Lemonade|Tea|Cider|Cordial|Tonic|Kombucha|Juice|Soda", 390, "bottle"),
    "flowers": ("Spring Meadow Cottage Evening Market", "Bouquet|Wreath|Posy|Tulips|Dahlias|Herbs|Fern|Roses", 900, "flower"),
    "home": ("Linen Oak Clay Woven Enamel", "Basket|Bowl|Candle|Cushion|Mug|Tray|Vase|Lamp", 1400, "cup"),
    "books": ("Quiet Long Northern Paper Little", "Almanac|Atlas|Cookbook|Diary|Garden Book|Stories|Sketchbook|Walks", 1100, "book"),
}
_HUES = 4  # pictures per motif


def _products() -> dict[int, Product]:
    dice = random.Random(20_26)  # noqa: S311 - the same prices every time are the point
    names = {category: _names(firsts, seconds) for category, (firsts, seconds, _, _) in _WORDS.items()}
    products: dict[int, Product] = {}
    for row in range(40):
        for category, (_, _, lowest, motif) in _WORDS.items():
            number, name = len(products) + 1, names[category][row]
            price = lowest + 10 * dice.randrange(80)
            products[number] = Product(number, name.lower().replace(" ", "-"), name, category, price, f"{motif}{row % _HUES}")
    return products


def _names(firsts: str, seconds: str) -> list[str]:
    """Forty names, neighbours as different as they can be."""
    one, other = firsts.split(), seconds.split("|")
    return [f"{one[row % 5]} {other[row % 8]}" for row in range(40)]


PRODUCTS = _products()
BY_SLUG = {product.slug: product for product in PRODUCTS.values()}


def find_products(query: str = "", category: str = "") -> list[Product]:
    """The products whose name holds every word of the query, in the catalogue's order."""
    words = query.lower().split()
    return [
        product
        for product in PRODUCTS.values()
        if (not category or product.category == category) and all(word in product.name.lower() for word in words)
    ]


def describe(product: Product) -> str:
    """A product's description."""
    places = {
        "bakery": "Baked before sunrise two streets away",
        "pantry": "Cooked in small batches by people we know by name",
        "drinks": "Bottled on the other side of the river",
        "flowers": "Cut in the morning, tied when you order",
        "home": "Made by hand, so no two are quite alike",
        "books": "Printed on paper that likes to be read twice",
    }
    return f"{product.name}. {places[product.category]}; brought to your door by a supplier from the neighbourhood."


def is_slot(text: str) -> bool:
    """Whether `text` names a slot: `1-0900` to `14-1830`."""
    day, _, clock = text.partition("-")
    return day.isdecimal() and len(day) <= 2 and 1 <= int(day) <= DAYS and f"{clock[:2]}:{clock[2:]}" in TIMES and str(int(day)) == day


def slot_id(day: int, clock: str) -> str:
    """The name of a slot: day number and time."""
    return f"{day}-{clock.replace(':', '')}"


def day_name(day: int, today: dt.date | None = None) -> str:
    """What people call the day: its weekday and date, counted from tomorrow."""
    date = (today or dt.datetime.now(dt.UTC).date()) + dt.timedelta(days=day)
    return f"{date:%a} {date.day} {date:%b}"


def slot_name(slot: str) -> str:
    """A slot as people read it."""
    day, _, clock = slot.partition("-")
    return f"{day_name(int(day))}, {clock[:2]}:{clock[2:]}"


def euros(cents: int) -> str:
    """Money as people read it."""
    return f"€{cents // 100:,}.{cents % 100:02}"
