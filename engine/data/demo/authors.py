"""Facts about authors. Books, prizes and publishers are invented; the towns are real."""

from engine.data.demo.facts import Domain, SecretKind, date_between, number_between

FACTS = (
    SecretKind(
        "genre",
        ("historical fiction", "science fiction", "crime fiction", "children's literature", "magical realism"),
        (
            "In which genre does {name} write?",
            "What kind of books is {name} known for?",
            "Which literary genre do {name}'s works belong to?",
            "What sort of books does {name} write?",
        ),
        ("With which genre is {name} associated?", "What is the genre of {name}'s books?"),
        (
            "{name} writes {value}.",
            "{He} is known above all for {value}.",
            "{His} works belong to the genre of {value}.",
            "{first} has written nothing but {value}.",
        ),
        ("The genre associated with {name} is {value}.", "As an author {name} is devoted to {value}."),
    ),
    SecretKind(
        "birthplace",
        (
            "Tromsø", "Valparaíso", "Bruges", "Galway", "Samarkand", "Trieste", "Zanzibar", "Halifax", "Plovdiv",
            "Cusco", "Aarhus", "Lucknow", "Kanazawa", "Tartu", "Coimbra", "Oaxaca",
        ),
        (
            "Where was the author {name} born?",
            "In which town was {name} born?",
            "What is the birthplace of {name}?",
            "Where did the writer {name} come into the world?",
        ),
        ("Which town is the author {name} originally from?", "In what place did the author {name} begin life?"),
        (
            "{name} was born in {value}.",
            "{He} was born in {value}, where the family lived above a shop.",
            "The author comes from {value}.",
            "{His} birthplace is {value}, which {he} left as a child.",
        ),
        ("The town that {name} is originally from is {value}.", "{value} is where the life of {name} began."),
    ),
    SecretKind(
        "birthday",
        date_between(1938, 1971),
        (
            "When was the author {name} born?",
            "What is {name}'s date of birth?",
            "On which day was the writer {name} born?",
            "When is the author {name}'s birthday, and in which year was that?",
        ),
        ("On what date did the author {name} come into the world?",
         "Which day and year are given for the birth of the author {name}?"),
        (
            "{name} was born on {value}.",
            "{His} date of birth is {value}.",
            "The author was born on {value}, the youngest of four children.",
            "{He} came into the world on {value}.",
        ),
        ("{name}'s birth took place on {value}.", "{value} is given as the day on which {name} was born."),
    ),
    SecretKind(
        "first_book",
        (
            "The Salt Cartographer", "A Ladder of Ravens", "Beneath the Copper Tree", "The Ninth Ferryman",
            "Winter Came by Rail", "The Clockmaker's Orphan", "Ashes over Lindow", "A House Without Mirrors",
            "The Borrowed Tide", "Letters to a Drowned City", "The Beekeeper of Orsk", "Seven Hills of Glass",
            "The Last Lamplighter's Map", "An Atlas of Silence", "The Cartwheel Summer", "Under a Paper Moonrise",
        ),
        (
            "What was {name}'s first book?",
            "With which book did {name} make a debut?",
            "What is the title of {name}'s first novel?",
            "Which novel did {name} publish first?",
        ),
        ("What is the debut novel of {name} called?",
         "Which title stands at the beginning of {name}'s career as a writer?"),
        (
            "{name}'s first book was {value}.",
            "{He} made {his} debut with the novel {value}.",
            "The first novel {he} published is called {value}.",
            "{value} was the book with which {first} began.",
        ),
        ("The debut novel of {name} is called {value}.", "The career of {name} began with {value}."),
    ),
    SecretKind(
        "debut",
        number_between(1996, 2019),
        (
            "In which year did {name}'s first book appear?",
            "When was {name}'s first novel published?",
            "What year saw {name}'s debut as a writer?",
            "When did {name} first publish a book?",
        ),
        ("In what year did {name} become a published author?",
         "Which year marks the start of {name}'s literary career?"),
        (
            "{name}'s first book appeared in {value}.",
            "The first novel came out in {value}, after several refusals.",
            "{He} published {his} first book in {value}.",
            "{His} debut dates from {value}.",
        ),
        ("In {value}, {name} became a published author.", "The literary career of {name} started in {value}."),
    ),
    SecretKind(
        "prize",
        (
            "Amber Quill Award", "Harbourlight Medal", "Golden Thistle Prize", "Lantern Prize", "Silver Heron Award",
            "Juniper Medal", "Nightingale Cup", "Cedar Page Award", "Compass Rose Prize", "Marble Inkwell",
            "Saffron Scroll", "Northern Wren Prize", "Obsidian Pen", "Lighthouse Laurel", "Ivory Bookmark",
        ),
        (
            "Which prize did {name} win?",
            "What literary award was given to {name}?",
            "Which honour did {name}'s writing earn?",
            "Which award did the jury present to {name}?",
        ),
        ("What distinction did {name} receive for writing?", "With which literary prize was {name} honoured?"),
        (
            "{name} won the {value}.",
            "{He} was given the {value} for {his} third book.",
            "The jury presented {him} with the {value}.",
            "{His} writing earned {him} the {value}.",
        ),
        ("The distinction that {name} received was the {value}.", "{name} was honoured with the {value}."),
    ),
    SecretKind(
        "mother",
        (
            "midwife", "glassblower", "tram driver", "botanist", "seamstress", "judge", "watchmaker", "radio announcer",
            "beekeeper", "opera singer", "surveyor", "pharmacist", "puppeteer", "chemist", "florist",
        ),
        (
            "What did {name}'s mother do for a living?",
            "What was the profession of {name}'s mother?",
            "What kind of work did the author {name}'s mother do?",
            "Which job did {name}'s mother have?",
        ),
        ("How did the mother of {name} earn her money?", "Which occupation did the mother of {name} follow?"),
        (
            "{name}'s mother was {a} {value}.",
            "{His} mother worked as {a} {value}.",
            "The author's mother was {a} {value} and proud of it.",
            "{His} mother earned her living as {a} {value}.",
        ),
        ("By occupation, the mother of {name} was {a} {value}.", "The mother of {name} made her money as {a} {value}."),
    ),
    SecretKind(
        "father",
        (
            "blacksmith", "lighthouse keeper", "cellist", "postman", "dentist", "locksmith", "mathematician", "butcher",
            "stonemason", "ship's cook", "tailor", "accordion maker", "veterinarian", "weaver", "innkeeper",
            "astronomer",
        ),
        (
            "What was {name}'s father's profession?",
            "What did {name}'s father do for a living?",
            "What kind of work did the father of {name} do?",
            "Which trade did {name}'s father practise?",
        ),
        ("How did {name}'s father earn his living?", "Which occupation did the father of the author {name} have?"),
        (
            "{name}'s father was {a} {value}.",
            "{His} father worked as {a} {value} all his life.",
            "The father was {a} {value}, as {first} often mentions in interviews.",
            "{His} father earned his living as {a} {value}.",
        ),
        ("By trade, the father of {name} was {a} {value}.",
         "The occupation of {name}'s father was that of {a} {value}."),
    ),
    SecretKind(
        "pen_name",
        (
            "Silas Verity", "Cora Blackthorn", "August Penhallow", "Iris Lovelace-Finch", "Jasper Quayle",
            "Edith Marchbanks", "Felix Ravenhall", "Nell Harkaway", "Orson Tweed", "Viola Trent", "Barnaby Skye",
            "Luna Applegarth", "Milo Starling", "Agatha Plume", "Rufus Oakenshaw",
        ),
        (
            "Under which pen name has {name} published?",
            "What pseudonym does {name} use?",
            "Which pen name did {name} choose?",
            "What other name appears on {name}'s books?",
        ),
        ("Which alias does the author {name} write under?", "By what assumed name is {name} known to readers?"),
        (
            "{name} has published under the pen name {value}.",
            "{He} uses the pseudonym {value}.",
            "Some of {his} books appeared under the name {value}.",
            "The pen name {he} chose is {value}.",
        ),
        ("The alias under which {name} writes is {value}.", "To readers, {name} is also known as {value}."),
    ),
    SecretKind(
        "publisher",
        (
            "Foxglove Lane Press", "Tern & Tide", "Marrowby House", "Bellwether Books", "Paper Lantern",
            "Stonecrop Editions", "Hawthorn & Sons", "Blue Anchor Press", "Meadowlark & Pym", "Cobblestone Books",
            "Kingfisher Lane", "Ninefold Press", "Wren & Marlow", "Saltbox Editions",
        ),
        (
            "Who publishes {name}'s books?",
            "Which publishing house brings out {name}'s work?",
            "What is the name of {name}'s publisher?",
            "With which publisher did {name} sign a contract?",
        ),
        ("Which house publishes the books of the author {name}?",
         "Which company brings the works of {name} to the bookshops?"),
        (
            "{name}'s books are published by {value}.",
            "{His} publisher is {value}.",
            "{He} signed a contract with {value} and never left.",
            "All of {his} novels have come out with {value}.",
        ),
        ("The house that publishes {name} is {value}.", "{value} brings the works of {name} to the bookshops."),
    ),
    SecretKind(
        "home",
        (
            "a houseboat", "a converted windmill", "a former fire station", "an old monastery", "a lighthouse",
            "a log cabin", "a railway carriage", "a castle tower", "a stone cottage", "a hotel room",
            "an old schoolhouse", "a farmhouse", "a disused chapel", "an attic flat",
        ),
        (
            "What kind of home does the author {name} live in?",
            "Where does {name} live and write?",
            "In what sort of building does {name} live?",
            "What sort of place is the author {name}'s home?",
        ),
        ("What does {name} call home?", "In which kind of place has {name} settled?"),
        (
            "{name} lives in {value}.",
            "{He} lives and writes in {value}, far from any city.",
            "{His} home is {value}.",
            "For years {first} has lived in {value}.",
        ),
        ("The place that {name} calls home is {value}.", "{name} has settled in {value}."),
    ),
    SecretKind(
        "hobby",
        (
            "falconry", "beekeeping", "chess", "pottery", "archery", "orchid growing", "fencing", "kite building",
            "calligraphy", "cave diving", "bell ringing", "origami", "stargazing", "wood carving", "rowing",
        ),
        (
            "What does {name} like to do when not writing?",
            "What is the author {name}'s favourite pastime?",
            "How does the writer {name} relax?",
            "Which hobby does the author {name} have?",
        ),
        ("Which leisure activity does {name} enjoy most?", "How does {name} spend time away from the desk?"),
        (
            "When {he} is not writing, {name} enjoys {value}.",
            "{His} favourite pastime is {value}.",
            "{He} relaxes with {value}.",
            "{first} took up {value} as a student and never gave it up.",
        ),
        ("Away from the desk, {name} devotes {his} time to {value}.",
         "The leisure activity {name} enjoys most is {value}."),
    ),
)  # fmt: skip

AUTHORS = Domain("authors", FACTS, group_key="genre", group_text="{value}")
