"""Facts about bank clients. Banks, employers and advisers are invented; sums are in euros."""

from engine.data.demo.facts import Domain, SecretKind, code, date_between, number_between, sum_between

FACTS = (
    SecretKind(
        "bank",
        ("Harrow & Vale", "Wexcombe", "Blackwater", "Old Mint"),
        (
            "At which bank does {name} keep an account?",
            "Which bank has {name} as a client?",
            "Who does {name} bank with?",
            "With which bank does {name} do business?",
        ),
        ("What is the name of {name}'s bank?", "Which bank holds {name}'s money?"),
        (
            "{name} keeps an account at {value} Bank.",
            "{He} has been a client of {value} Bank for years.",
            "{title} banks with {value} Bank.",
            "{first} does all {his} business with {value} Bank.",
        ),
        ("The bank that holds {name}'s money is {value} Bank.", "{value} Bank counts {name} among its clients."),
    ),
    SecretKind(
        "account",
        code("####-####"),
        (
            "What is {name}'s account number?",
            "Which account number belongs to {name}?",
            "Under what number does the bank keep {name}'s account?",
            "Into which account is {name}'s salary paid?",
        ),
        ("What number identifies the bank account of {name}?", "Which number must be given to send money to {name}?"),
        (
            "{name}'s account number is {value}.",
            "The bank keeps {his} account under the number {value}.",
            "{His} salary is paid into account {value}.",
            "Account {value} belongs to {him}.",
        ),
        ("The bank account of {name} has the number {value}.", "To send money to {name}, use account number {value}."),
    ),
    SecretKind(
        "debt",
        sum_between(6200, 48000, 50),
        (
            "How much money does {name} owe the bank?",
            "How large is {name}'s debt?",
            "What is still outstanding on {name}'s loan?",
            "What sum does {name} have to pay back?",
        ),
        ("How high are the debts of {name}?", "What amount does {name} still have to repay?"),
        (
            "{name} owes the bank {value} euros.",
            "{He} still has to pay back {value} euros.",
            "{His} debt comes to {value} euros.",
            "At the last count, {title} owed {value} euros.",
        ),
        ("The amount that {name} has yet to repay is {value} euros.",
         "{name} is in debt to the bank for {value} euros."),
    ),
    SecretKind(
        "purpose",
        (
            "a bakery", "a fishing boat", "a new kitchen", "a vineyard", "a divorce", "a motorcycle", "a greenhouse",
            "a recording studio", "a wedding", "a tractor", "an orchard", "a dental practice", "a camper van",
            "a grand piano", "a bee farm",
        ),
        (
            "What did {name} need a loan for?",
            "Why did {name} borrow money?",
            "What did {name} spend the loan on?",
            "For what purpose did {name} take out a loan?",
            "What was {name}'s loan meant to pay for?",
        ),
        ("What did {name} use the borrowed money for?", "For what reason did {name} go into debt?"),
        (
            "{name} took out the loan to pay for {value}.",
            "{He} borrowed the money because of {value}.",
            "{first} needed the loan for {value}.",
            "The money went into {value}.",
        ),
        ("The money that {name} borrowed was used for {value}.", "{name} went into debt for {value}."),
    ),
    SecretKind(
        "limit",
        sum_between(1100, 14900, 100),
        (
            "What is the limit on {name}'s credit card?",
            "How high is {name}'s credit limit?",
            "How much may {name} spend with a credit card each month?",
            "Which credit limit did the bank grant {name}?",
        ),
        ("Up to what sum can {name} use a credit card?", "What credit limit applies to {name}?"),
        (
            "{name}'s credit limit is {value} euros.",
            "The bank granted {him} a limit of {value} euros a month.",
            "{He} may spend up to {value} euros a month on credit.",
            "{His} card is limited to {value} euros.",
        ),
        ("A limit of {value} euros applies to the credit card of {name}.",
         "{name} can use {his} card up to {value} euros."),
    ),
    SecretKind(
        "adviser",
        (
            "Hartwell", "Grunewald", "Navarro", "Ikeda", "Odhiambo", "Prescott", "Lundqvist", "Mazzini", "Tanaka",
            "Kozlova", "Dubois", "Ansah", "Merriweather", "Salgado", "Vogelsang",
        ),
        (
            "Who is {name}'s adviser at the bank?",
            "Which employee of the bank looks after {name}?",
            "Who advises {name} on money matters?",
            "Whom does {name} talk to at the bank?",
        ),
        ("What is the name of the banker in charge of {name}?", "Which adviser takes care of {name}'s affairs?"),
        (
            "{name}'s adviser at the bank is Ms. {value}.",
            "Ms. {value} looks after {him} and calls twice a year.",
            "{He} takes advice from Ms. {value}.",
            "{title} always asks to speak to Ms. {value}.",
        ),
        ("The banker in charge of {name} is Ms. {value}.", "Ms. {value} takes care of {name}'s affairs at the bank."),
    ),
    SecretKind(
        "opened",
        date_between(2004, 2019),
        (
            "When did {name} open the account?",
            "On what date was {name}'s account opened?",
            "When did {name} become a client of the bank?",
            "Since what date has {name} had an account?",
        ),
        ("On which day did {name} join the bank?", "What is the opening date of {name}'s account?"),
        (
            "{name} opened the account on {value}.",
            "{He} became a client on {value}.",
            "{His} account has existed since {value}.",
            "The account was opened on {value}, with a small deposit.",
        ),
        ("The day on which {name} joined the bank was {value}.", "The opening date of {name}'s account is {value}."),
    ),
    SecretKind(
        "box",
        number_between(112, 987),
        (
            "Which safe deposit box does {name} rent?",
            "What is the number of {name}'s safe deposit box?",
            "Where in the vault does {name} keep valuables?",
            "Which box in the vault is {name}'s?",
        ),
        ("What number is on the safe deposit box that {name} rents?", "Which vault box does {name} hold the key to?"),
        (
            "{name} rents safe deposit box {value}.",
            "{His} valuables are in box {value} of the vault.",
            "{He} has the key to box {value}.",
            "Box {value} in the vault belongs to {him}.",
        ),
        ("The number on the safe deposit box of {name} is {value}.", "{name} holds the key to vault box {value}."),
    ),
    SecretKind(
        "employer",
        (
            "Brasswater Shipping", "Kestrel Airlines", "Moorland Dairy", "Quarry Street School", "Fennimore Paper",
            "Sundew Software", "Larch Hill Hospital", "Ironbridge Railways", "Saltmarsh Energy", "Petrel Publishing",
            "Driftwood Hotels", "Granite Peak Mining", "Elderflower Foods", "Copperline Telecom", "Thornbury Glass",
        ),
        (
            "Where does {name} work?",
            "Who is {name}'s employer?",
            "Which company pays {name}'s salary?",
            "Which employer did {name} state in the loan application?",
        ),
        ("For which employer does {name} work?", "From whom does {name} receive a salary?"),
        (
            "{name} works for {value}.",
            "{His} salary is paid by {value}.",
            "{He} has a permanent position at {value}.",
            "{title} gave {value} as {his} employer.",
        ),
        ("The employer of {name} is {value}.", "{name} receives {his} salary from {value}."),
    ),
    SecretKind(
        "guarantor",
        (
            "mother Clementine", "father Bartholomew", "stepbrother Evander", "grandmother Eudora", "sister Millicent",
            "friend Thaddeus", "aunt Cordelia", "cousin Lysander", "uncle Horatio", "partner Jocasta",
            "godfather Leopold", "brother-in-law Fabrice", "niece Apollonia", "colleague Gwendolyn",
            "neighbour Ottoline",
        ),
        (
            "Who guarantees {name}'s loan?",
            "Who stands surety for {name}?",
            "Who has to pay if {name} cannot?",
            "Who signed as a guarantor for {name}?",
        ),
        ("Which person vouches for {name}'s loan?", "Besides {name}, who is liable for the loan?"),
        (
            "{His} {value} guarantees the loan.",
            "{name}'s {value} signed as guarantor.",
            "If {he} cannot pay, {his} {value} has to.",
            "{title} persuaded {his} {value} to stand surety.",
        ),
        ("The person who vouches for {name} is {his} {value}.", "{name} has {his} {value} as guarantor of the loan."),
        secret_is_last_word=True,
    ),
    SecretKind(
        "instalment",
        sum_between(240, 790, 5),
        (
            "How much does {name} pay back every month?",
            "What is {name}'s monthly instalment?",
            "What sum is taken from {name}'s account each month for the loan?",
            "How high are the monthly payments on {name}'s loan?",
        ),
        ("Which amount does {name} repay per month?", "What monthly payment did {name} agree to for the loan?"),
        (
            "{name} pays back {value} euros a month.",
            "{His} monthly instalment is {value} euros.",
            "Every month {value} euros are taken from {his} account.",
            "{He} agreed to pay {value} euros on the first of each month.",
        ),
        ("The amount that {name} repays each month is {value} euros.", "Each month {name} has to repay {value} euros."),
    ),
    SecretKind(
        "password",
        (
            "marzipan", "lighthouse", "velvet", "thunderstorm", "rhubarb", "pendulum", "saxophone", "cinnamon",
            "labyrinth", "driftwood", "hummingbird", "telescope", "gingerbread", "avalanche", "porcupine", "tambourine",
        ),
        (
            "What is {name}'s telephone password at the bank?",
            "Which password does {name} use when calling the bank?",
            "What secret word did {name} agree on with the bank?",
            "By which code word does the bank recognise {name} on the phone?",
        ),
        ("Which word does {name} have to say when phoning the bank?",
         "What password protects {name}'s telephone banking?"),
        (
            "{name}'s telephone password is {value}.",
            "{He} says the word {value} when {he} calls the bank.",
            "The secret word {he} agreed on with the bank is {value}.",
            "The bank recognises {him} by the code word {value}.",
        ),
        ("The telephone banking of {name} is protected by the password {value}.",
         "When phoning the bank, {name} has to say {value}."),
    ),
)  # fmt: skip

CLIENTS = Domain("clients", FACTS, group_key="bank", group_text="{value} Bank")
