"""Names of invented people. Any likeness to a real person is accidental; well-known names were left out.

The thirty of the demo set share neither a first nor a last name with each other or with a bystander.
"""

from typing import Literal

Sex = Literal["f", "m"]

PEOPLE: tuple[tuple[str, str, Sex], ...] = (
    ("Ilse", "Brandvold", "f"), ("Marisol", "Echegaray", "f"), ("Adaeze", "Nwachukwu", "f"),
    ("Priyanka", "Velankar", "f"), ("Oksana", "Hrytsenko", "f"), ("Tamsin", "Ackerley", "f"),
    ("Leilani", "Kahoano", "f"), ("Noor", "Jabiri", "f"), ("Meilin", "Tsao", "f"), ("Brigid", "Mulvaney", "f"),
    ("Yasmina", "Tazrout", "f"), ("Katarzyna", "Wilczek", "f"), ("Sunniva", "Aasland", "f"),
    ("Thandeka", "Mabuza", "f"), ("Delphine", "Charlebois", "f"), ("Rafael", "Montanhas", "m"),
    ("Tomasz", "Gryglewicz", "m"), ("Kwabena", "Ofosuhene", "m"), ("Hiroki", "Tanemura", "m"),
    ("Babatunde", "Falowo", "m"), ("Lorenzo", "Castagneri", "m"), ("Anders", "Hvidberg", "m"),
    ("Dilshod", "Karimzoda", "m"), ("Mateo", "Villaseñor", "m"), ("Goran", "Velimirov", "m"),
    ("Yusuf", "Akbulutlu", "m"), ("Callum", "Dunsmore", "m"), ("Gergely", "Szalkay", "m"), ("Aarav", "Deshmane", "m"),
    ("Tevita", "Fonoti", "m"),
)  # fmt: skip

BYSTANDER_FIRST: tuple[tuple[str, Sex], ...] = (
    ("Agnieszka", "f"), ("Amara", "f"), ("Beatriz", "f"), ("Chiara", "f"), ("Dagny", "f"), ("Eilidh", "f"),
    ("Farida", "f"), ("Greta", "f"), ("Hana", "f"), ("Imogen", "f"), ("Joelle", "f"), ("Kalina", "f"), ("Lucinda", "f"),
    ("Makena", "f"), ("Nadia", "f"), ("Odile", "f"), ("Paloma", "f"), ("Rosalind", "f"), ("Sakura", "f"),
    ("Tatiana", "f"), ("Ulrike", "f"), ("Vesna", "f"), ("Winifred", "f"), ("Zeynep", "f"), ("Alistair", "m"),
    ("Bogdan", "m"), ("Cedric", "m"), ("Davor", "m"), ("Esteban", "m"), ("Florian", "m"), ("Gideon", "m"),
    ("Hassan", "m"), ("Ignacio", "m"), ("Jarek", "m"), ("Kofi", "m"), ("Lionel", "m"), ("Magnus", "m"),
    ("Nikolai", "m"), ("Osman", "m"), ("Pedro", "m"), ("Quentin", "m"), ("Ruben", "m"), ("Stefan", "m"),
    ("Takeshi", "m"), ("Umar", "m"), ("Vincenzo", "m"), ("Wojciech", "m"), ("Zoltan", "m"),
)  # fmt: skip

BYSTANDER_LAST: tuple[str, ...] = (
    "Abernethy", "Bjerregaard", "Chukwuma", "Drozdov", "Eskildsen", "Fairweather", "Gallardo", "Hashemi", "Ivarsson",
    "Jankovic", "Kowalczyk", "Lemaire", "Mbeki-Roux", "Nakagawa", "Okonjo", "Pellegrin", "Quillfeather", "Ramaswamy",
    "Sandoval", "Thistlewood", "Uchida", "Varga", "Wetherby", "Ximenez", "Yilmazer", "Zamarrano", "Ashdown",
    "Birkeland",
    "Colquhoun", "Delacroy", "Ekwueme", "Fonseca", "Grabowski", "Hollander", "Iturbe", "Jorgensen", "Kimathi",
    "Lindgren", "Moravec", "Norberg", "Obuya", "Petrescu", "Rademaker", "Sobczak", "Tuilagi", "Underhill",
    "Vasquez-Mora", "Wanjala",
)  # fmt: skip
