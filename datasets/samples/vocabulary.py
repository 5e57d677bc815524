"""The words of the product catalogue: types, brands, colours, sizes. All brands are invented."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ProductType:
    """One product type: `price` (euro) and `weight` (kg) are medians of log-normal draws."""

    name: str
    category: str
    share: float
    nouns: tuple[str, ...]
    uses: tuple[str, ...]
    features: tuple[str, ...]
    materials: tuple[str, ...]
    sizes: str
    price: float
    weight: float
    shape: str


@dataclass(frozen=True)
class Category:
    """What the types of one category share: brands, nouns too general to tell them apart."""

    brands: tuple[str, ...]
    nouns: tuple[str, ...]
    features: tuple[str, ...]


CATEGORIES: Mapping[str, Category] = {
    "Footwear": Category(
        ("Aldera", "Norvik", "Tarn & Fell", "Ostro", "Velaro", "Corvane"),
        ("shoes", "footwear", "pair of shoes"),
        (
            "padded collar",
            "removable insole",
            "true to size",
            "rubber outsole",
            "reinforced toe",
            "pull tab at the heel",
        ),
    ),
    "Bags": Category(
        ("Tarn & Fell", "Kestrel Supply", "Morrow", "Hald", "Norvik"),
        ("bag", "pack", "carry-all"),
        (
            "laptop sleeve",
            "YKK-style zips",
            "side pocket for a bottle",
            "padded straps",
            "lockable zip",
            "rain cover",
        ),
    ),
    "Clothing": Category(
        ("Norvik", "Tarn & Fell", "Aldera", "Fjordhus", "Sommet Noir"),
        ("jacket", "outer layer", "zip jacket"),
        (
            "two hand pockets",
            "adjustable hem",
            "regular fit",
            "chin guard",
            "elastic cuffs",
            "packs into its pocket",
        ),
    ),
    "Cycling": Category(
        ("Velaro", "Rondine", "Kettenwerk", "Brisa", "Halvor"),
        ("bike", "bicycle", "cycle"),
        (
            "hydraulic disc brakes",
            "mudguards and rack",
            "delivered 95 % assembled",
            "puncture protection",
            "integrated lights",
            "kickstand",
        ),
    ),
    "Kitchen": Category(
        ("Calorin", "Maison Brel", "Kupfer & Sohn", "Ottavia", "Hald"),
        ("appliance", "kitchen appliance", "machine"),
        (
            "BPA-free",
            "cordless base",
            "dishwasher-safe parts",
            "automatic switch-off",
            "non-slip feet",
            "easy to clean",
        ),
    ),
    "Lighting": Category(
        ("Lumera", "Nordlys", "Studio Vago", "Ottavia", "Fjordhus"),
        ("lamp", "light", "LED lamp"),
        (
            "dimmable",
            "warm white 2700 K",
            "E27 socket",
            "touch switch",
            "fabric cable",
            "energy class E",
        ),
    ),
    "Audio": Category(
        ("Sonaro", "Klarwell", "Peaks Audio", "Brisa"),
        ("audio device", "wireless sound", "sound system"),
        (
            "Bluetooth 5.3",
            "USB-C charging",
            "quick charge",
            "voice assistant",
            "built-in microphone",
            "app with equaliser",
        ),
    ),
    "Outdoor": Category(
        ("Tarn & Fell", "Kestrel Supply", "Fjordhus", "Halvor", "Sommet Noir"),
        ("camping gear", "outdoor equipment", "trekking gear"),
        (
            "stuff sack included",
            "lightweight",
            "repair patch included",
            "PFC-free",
            "tested in Norway",
            "glow-in-the-dark tabs",
        ),
    ),
}

TYPES: tuple[ProductType, ...] = (
    ProductType(
        "running shoe", "Footwear", 0.135,
        ("running shoe", "road runner", "runners", "trail running shoe"),
        ("long runs", "daily training", "tempo runs", "the half marathon"),
        ("8 mm drop", "responsive foam", "breathable mesh", "reflective details", "carbon plate"),
        ("engineered mesh", "recycled polyester", "knit"),
        "shoe", 119, 0.56, "shoe",
    ),
    ProductType(
        "sneaker", "Footwear", 0.100,
        ("sneaker", "trainer", "low-top", "court shoe"),
        ("every day", "the city", "the weekend", "school"),
        ("vulcanised sole", "retro look", "soft lining", "cupsole", "flat laces"),
        ("canvas", "suede", "smooth leather"),
        "shoe", 84, 0.72, "shoe",
    ),
    ProductType(
        "hiking boot", "Footwear", 0.060,
        ("hiking boot", "trekking boot", "mid hiker", "walking boot"),
        ("alpine paths", "long treks", "wet trails", "hut tours"),
        ("waterproof membrane", "ankle support", "lugged sole", "rubber rand", "metal eyelets"),
        ("nubuck", "suede", "full-grain leather"),
        "shoe", 159, 1.15, "boot",
    ),
    ProductType(
        "backpack", "Bags", 0.105,
        ("backpack", "rucksack", "daypack"),
        ("school", "day hikes", "the commute", "university"),
        ("ventilated back panel", "chest strap", "hydration port", "roll top", "15.6 inch slot"),
        ("ripstop nylon", "recycled polyester", "waxed canvas"),
        "volume", 79, 0.88, "pack",
    ),
    ProductType(
        "travel duffel", "Bags", 0.040,
        ("duffel", "holdall", "travel bag", "weekender"),
        ("short trips", "the gym", "flights", "expeditions"),
        ("cabin size", "shoe compartment", "backpack straps", "wet pocket", "trolley strap"),
        ("tarpaulin", "waxed canvas", "recycled polyester"),
        "volume", 92, 1.05, "duffel",
    ),
    ProductType(
        "messenger bag", "Bags", 0.022,
        ("messenger bag", "courier bag", "shoulder bag"),
        ("the office", "bike couriers", "the commute", "university"),
        ("flap with magnets", "cross strap", "organiser pocket", "15.6 inch slot", "quick buckle"),
        ("waxed canvas", "vegan leather", "recycled polyester"),
        "volume", 76, 0.95, "duffel",
    ),
    ProductType(
        "rain jacket", "Clothing", 0.085,
        ("rain jacket", "waterproof jacket", "hardshell", "rain shell"),
        ("autumn storms", "cycling in the rain", "the mountains", "festivals"),
        ("taped seams", "20,000 mm water column", "storm hood", "pit zips", "waterproof zip"),
        ("3-layer laminate", "recycled nylon", "polyester"),
        "clothes", 149, 0.42, "jacket",
    ),
    ProductType(
        "fleece jacket", "Clothing", 0.045,
        ("fleece", "fleece jacket", "midlayer", "pile jacket"),
        ("cold mornings", "the campfire", "ski touring", "the mountains"),
        ("brushed inside", "thumb loops", "quick drying", "stand-up collar", "bonded pocket"),
        ("recycled polyester", "pile", "grid fleece"),
        "clothes", 89, 0.44, "jacket",
    ),
    ProductType(
        "city bike", "Cycling", 0.050,
        ("city bike", "commuter bike", "urban bike", "trekking bike"),
        ("the commute", "shopping", "the city", "flat roads"),
        ("8-speed hub", "belt drive", "step-through frame", "front basket", "chain guard"),
        ("aluminium", "steel", "chromoly"),
        "frame", 890, 15.5, "bike",
    ),
    ProductType(
        "e-bike", "Cycling", 0.055,
        ("e-bike", "electric bike", "pedelec"),
        ("hilly commutes", "long tours", "the city", "cargo and children"),
        ("500 Wh battery", "mid motor 65 Nm", "range 120 km", "walk assist", "removable battery"),
        ("aluminium", "carbon", "steel"),
        "frame", 2190, 22.0, "bike",
    ),
    ProductType(
        "bike helmet", "Cycling", 0.028,
        ("bike helmet", "cycling helmet", "MTB helmet"),
        ("the commute", "trails", "road cycling", "children"),
        ("18 vents", "rotation protection", "magnetic buckle", "rear light", "dial fit"),
        ("polycarbonate", "EPS foam", "ABS"),
        "clothes", 74, 0.33, "helmet",
    ),
    ProductType(
        "kettle", "Kitchen", 0.048,
        ("kettle", "water kettle", "gooseneck kettle", "electric kettle"),
        ("tea", "pour-over", "the office kitchen", "breakfast"),
        ("2200 W", "temperature from 60 °C", "limescale filter", "keep warm", "boil-dry switch"),
        ("stainless steel", "glass", "matt enamel"),
        "litres", 54, 1.15, "kettle",
    ),
    ProductType(
        "coffee maker", "Kitchen", 0.042,
        ("coffee maker", "filter machine", "coffee machine", "drip brewer"),
        ("breakfast", "the office kitchen", "large families", "early risers"),
        ("10 cups", "thermal jug", "timer", "bloom function", "permanent filter"),
        ("stainless steel", "glass", "plastic"),
        "litres", 98, 2.6, "jar",
    ),
    ProductType(
        "blender", "Kitchen", 0.025,
        ("blender", "stand mixer jug", "smoothie maker"),
        ("smoothies", "soups", "crushed ice", "breakfast"),
        ("six blades", "1200 W", "pulse mode", "to-go cup", "28,000 rpm"),
        ("glass", "Tritan", "stainless steel"),
        "litres", 88, 2.9, "jar",
    ),
    ProductType(
        "desk lamp", "Lighting", 0.040,
        ("desk lamp", "task lamp", "reading lamp", "clamp lamp"),
        ("the home office", "reading", "drawing", "night work"),
        ("swivel arm", "USB port", "clamp mount", "glare-free", "memory function"),
        ("aluminium", "steel", "oak"),
        "length", 64, 1.6, "desklamp",
    ),
    ProductType(
        "floor lamp", "Lighting", 0.030,
        ("floor lamp", "arc lamp", "standing lamp", "uplighter"),
        ("the living room", "reading", "dark corners", "the hallway"),
        ("marble base", "linen shade", "foot switch", "tripod", "height adjustable"),
        ("steel", "oak", "brass"),
        "height", 129, 5.2, "floorlamp",
    ),
    ProductType(
        "headphones", "Audio", 0.036,
        ("headphones", "over-ear headphones", "headset", "noise-cancelling headphones"),
        ("flights", "the open-plan office", "the studio", "video calls"),
        ("noise cancelling", "40 mm drivers", "30 h playtime", "foldable", "multipoint"),
        ("memory foam", "aluminium", "vegan leather"),
        "none", 139, 0.26, "headphones",
    ),
    ProductType(
        "bluetooth speaker", "Audio", 0.024,
        ("bluetooth speaker", "portable speaker", "party speaker"),
        ("the beach", "the garden", "the kitchen", "picnics"),
        ("IP67", "stereo pairing", "20 h playtime", "30 W", "passive radiators"),
        ("fabric", "silicone", "aluminium"),
        "none", 96, 0.71, "speaker",
    ),
    ProductType(
        "water bottle", "Outdoor", 0.018,
        ("water bottle", "insulated bottle", "drinking bottle", "flask"),
        ("the gym", "school", "day hikes", "the bike cage"),
        ("keeps cold 24 h", "leakproof lid", "wide mouth", "double wall", "straw lid"),
        ("stainless steel", "Tritan", "aluminium"),
        "litres", 29, 0.36, "bottle",
    ),
    ProductType(
        "sleeping bag", "Outdoor", 0.012,
        ("sleeping bag", "mummy bag", "down bag"),
        ("three seasons", "winter camps", "summer festivals", "bivouacs"),
        ("comfort 2 °C", "draught collar", "two-way zip", "700 cuin", "couples with a twin"),
        ("goose down", "hollow fibre", "ripstop nylon"),
        "body", 169, 1.25, "roll",
    ),
)  # fmt: skip

LINES: tuple[str, ...] = (
    "Ridge", "Aero", "Nova", "Trail", "Pulse", "Summit", "Drift", "Vega", "Core", "Atlas",
    "Flow", "Lago", "Mira", "Nomad", "Orbit", "Pace", "Rapid", "Sierra", "Tempo", "Urban",
    "Vista", "Wave", "Zen", "Alto", "Bora", "Cirrus", "Delta", "Echo", "Fuse", "Globe",
)  # fmt: skip

SUFFIXES: tuple[str, ...] = ("", "", "", "", "Pro", "GT", "Lite", "Plus", "II", "Evo", "Mini", "W")


@dataclass(frozen=True)
class Colour:
    """One colour: how shops write it, and as red, green, blue."""

    names: tuple[str, ...]
    rgb: tuple[int, int, int]


COLOURS: tuple[Colour, ...] = (
    Colour(("black", "blk", "jet black", "onyx"), (38, 38, 42)),
    Colour(("grey", "gray", "anthracite", "graphite"), (120, 124, 130)),
    Colour(("white", "wht", "ivory", "off-white"), (236, 234, 226)),
    Colour(("navy", "dark blue", "midnight"), (32, 48, 96)),
    Colour(("blue", "ocean blue", "cobalt"), (46, 104, 200)),
    Colour(("red", "crimson", "rd"), (196, 46, 48)),
    Colour(("green", "forest", "grn"), (52, 124, 76)),
    Colour(("olive", "khaki", "moss"), (112, 116, 64)),
    Colour(("yellow", "mustard", "ochre"), (222, 176, 48)),
    Colour(("orange", "rust", "burnt orange"), (216, 108, 44)),
    Colour(("brown", "cognac", "brwn"), (128, 84, 56)),
    Colour(("rose", "pink", "blush"), (222, 148, 164)),
    Colour(("silver", "steel", "brushed steel"), (176, 182, 188)),
    Colour(("teal", "petrol", "sea green"), (36, 124, 132)),
)

# Every size has the ways in which shops write it, the metric or European one first.
SIZES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "none": (("",),),
    "shoe": tuple(
        (f"EU {eu}", f"{eu}", f"US {us:g}", f"size {eu}")
        for eu, us in (
            (38, 6),
            (39, 6.5),
            (40, 7.5),
            (41, 8),
            (42, 9),
            (43, 10),
            (44, 11),
            (45, 12),
        )
    ),
    "clothes": (
        ("S", "small", "size S"),
        ("M", "medium", "size M"),
        ("L", "large", "size L"),
        ("XL", "x-large", "extra large"),
    ),
    "volume": tuple(
        (f"{litres} L", f"{litres}l", f"{litres * 61} cu in", f"{litres} litres")
        for litres in (14, 18, 22, 28, 35, 45)
    ),
    "frame": tuple(
        (f"{cm} cm", f"{cm}cm", f"{cm / 2.54:.1f} in", f"{cm} cm frame") for cm in (46, 50, 54, 58)
    ),
    "litres": tuple(
        (f"{litres:g} L", f"{litres * 1000:.0f} ml", f"{litres * 33.8:.0f} oz", f"{litres:g}l")
        for litres in (0.5, 0.75, 1.0, 1.25, 1.5, 1.7)
    ),
    "length": tuple(
        (f"{cm} cm", f"{cm / 2.54:.1f} in", f"{cm * 10} mm") for cm in (35, 42, 50, 60)
    ),
    "height": tuple(
        (f"{cm} cm", f"{cm / 2.54:.0f} in", f"{cm / 100:.2f} m") for cm in (130, 145, 160, 180)
    ),
    "body": tuple((f"{cm} cm", f"{cm / 2.54:.0f} in", f"up to {cm} cm") for cm in (170, 185, 200)),
}

ABBREVIATIONS: Mapping[str, str] = {
    "jacket": "jkt",
    "backpack": "bckpck",
    "waterproof": "wtrprf",
    "stainless steel": "s/steel",
    "with": "w/",
    "and": "&",
    "electric": "elec.",
    "headphones": "hdphones",
    "sleeping": "slpng",
    "black": "blk",
    "running": "run",
    "portable": "port.",
}
FILLERS: tuple[str, ...] = (
    "NEW", "original", "2026", "free shipping", "top deal", "sale", "gift idea", "unisex",
    "in stock", "premium quality", "best price", "2025 model",
)  # fmt: skip
CLOSINGS: tuple[str, ...] = (
    "Ships in two working days.",
    "Two-year guarantee.",
    "Returns within 30 days.",
    "Colours may differ slightly on screen.",
    "Sold by an independent shop.",
    "Packaging without plastic.",
    "Box may show light wear.",
)
