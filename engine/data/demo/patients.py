"""Facts about patients. Clinics, doctors and insurers are invented; diagnoses and drugs are real and fit each other."""

from engine.data.demo.facts import Domain, SecretKind, code, date_between, number_between

# (diagnosis, a drug given for it, a usual daily dose of it)
TREATMENTS = (
    ("psoriasis", "acitretin", "25 mg"),
    ("type 2 diabetes", "metformin", "850 mg"),
    ("epilepsy", "lamotrigine", "225 mg"),
    ("gout", "allopurinol", "300 mg"),
    ("Crohn's disease", "budesonide", "9 mg"),
    ("chronic migraine", "propranolol", "80 mg"),
    ("asthma", "montelukast", "10 mg"),
    ("hypothyroidism", "levothyroxine", "75 micrograms"),
    ("atrial fibrillation", "flecainide", "200 mg"),
    ("rheumatoid arthritis", "sulfasalazine", "2 g"),
    ("osteoporosis", "raloxifene", "60 mg"),
    ("Parkinson's disease", "rasagiline", "1 mg"),
    ("high blood pressure", "lisinopril", "20 mg"),
    ("ulcerative colitis", "mesalazine", "2.4 g"),
    ("narcolepsy", "modafinil", "400 mg"),
    ("sarcoidosis", "prednisolone", "30 mg"),
)

FACTS = (
    SecretKind(
        "diagnosis",
        tuple(row[0] for row in TREATMENTS),
        (
            "What condition was {name} diagnosed with?",
            "Which illness is {name} being treated for?",
            "What did the doctors find when they examined {name}?",
            "What is {name}'s diagnosis?",
            "Which long-term condition does {name} have?",
        ),
        ("From which illness does {name} suffer?", "What medical condition is recorded for {name}?"),
        (
            "{name} was diagnosed with {value} after a series of tests.",
            "The doctors found that {name} has {value}.",
            "{He} is being treated for {value}, which was first noticed at a routine check-up.",
            "The diagnosis was {value}, and {first} has lived with it ever since.",
        ),
        ("Tests showed that {name} suffers from {value}.", "According to {his} records, {name} has {value}."),
    ),
    SecretKind(
        "drug",
        tuple(row[1] for row in TREATMENTS),
        (
            "Which drug does {name} take?",
            "What medication was prescribed to {name}?",
            "Which medicine is {name} on at the moment?",
            "What do the doctors give {name} to control the illness?",
            "What is the name of the drug on {name}'s prescription?",
        ),
        ("Can you name the medication that {name} is taking?", "With which medicine is {name} being treated?"),
        (
            "{name} takes {value}, which was prescribed after the first visit.",
            "The doctors put {him} on {value}, and it has helped.",
            "{His} prescription is for {value}.",
            "{title} is on {value} and tolerates it well.",
        ),
        ("The medicine prescribed to {name} is {value}.", "{name} is being treated with {value}."),
        aligned_with="diagnosis",
    ),
    SecretKind(
        "dose",
        tuple(row[2] for row in TREATMENTS),
        (
            "What daily dose of medication does {name} take?",
            "How much of the prescribed medicine does {name} take each day?",
            "What dose has {name} been given?",
            "How high is {name}'s daily dose?",
        ),
        ("What amount of medicine is {name} supposed to take every day?", "At what daily dose is {name} treated?"),
        (
            "{name} takes {value} a day, always with a meal.",
            "The prescribed dose is {value} a day.",
            "{He} was told to take {value} every day and not to skip any.",
            "{His} doctor settled on {value} a day.",
        ),
        ("Each day {name} is to take {value}.", "The daily dose set for {name} is {value}."),
        aligned_with="diagnosis",
    ),
    SecretKind(
        "clinic",
        ("Lindenhof", "Harbour Street", "Saint Aldric", "Greywater"),
        (
            "At which clinic is {name} a patient?",
            "Where is {name} being treated?",
            "Which clinic looks after {name}?",
            "To which clinic was {name} referred?",
        ),
        ("What is the name of the clinic that treats {name}?", "In which clinic does {name} receive care?"),
        (
            "{name} is a patient at the {value} Clinic.",
            "{He} is being treated at the {value} Clinic.",
            "{title} was referred to the {value} Clinic and has been treated there since.",
        ),
        ("The {value} Clinic is where {name} receives care.", "{name} is looked after by the {value} Clinic."),
    ),
    SecretKind(
        "doctor",
        (
            "Solheim", "Agarwal", "Okafor", "Pemberton", "Lisowska", "Marchetti", "Takahara", "Duquesne", "Halloran",
            "Benavides", "Sörensen", "Kirchner", "Rahmani", "Whitlock", "Zelenko", "Ferreira",
        ),
        (
            "Who is {name}'s doctor?",
            "Which doctor is in charge of {name}'s treatment?",
            "Which physician does {name} see?",
            "Whose patient is {name}?",
            "Which specialist was {name} assigned to?",
        ),
        ("What is the name of the doctor who treats {name}?", "Under whose medical care is {name}?"),
        (
            "{name} is a patient of Dr. {value}.",
            "Dr. {value} has been in charge of {his} treatment from the start.",
            "{He} sees Dr. {value} every few weeks.",
            "{title} was assigned to Dr. {value}.",
        ),
        ("The doctor who treats {name} is Dr. {value}.", "{name} is under the care of Dr. {value}."),
    ),
    SecretKind(
        "admitted",
        date_between(2018, 2023),
        (
            "When was {name} admitted to the clinic?",
            "On what date did {name} arrive at the clinic?",
            "When did {name}'s stay at the clinic begin?",
            "What is {name}'s date of admission?",
        ),
        ("On which day was {name} taken in as a patient?", "Since what date has {name} been a patient of the clinic?"),
        (
            "{name} was admitted on {value}.",
            "{His} stay began on {value}, late in the evening.",
            "{He} arrived at the clinic on {value}.",
            "The records give {value} as {his} date of admission.",
        ),
        ("The clinic took {name} in on {value}.", "The day of {name}'s admission was {value}."),
    ),
    SecretKind(
        "allergy",
        (
            "penicillin", "latex", "peanuts", "shellfish", "ibuprofen", "bee stings", "codeine", "iodine", "sesame",
            "cat hair", "hazelnuts", "nickel", "aspirin", "kiwi fruit", "birch pollen",
        ),
        (
            "What is {name} allergic to?",
            "Which allergy does {name} have?",
            "What should the nurses keep away from {name} because of an allergy?",
            "Which allergy is noted in {name}'s file?",
        ),
        ("To what does {name} react with an allergy?", "Which allergy must be kept in mind when treating {name}?"),
        (
            "{name} is allergic to {value}.",
            "{He} has a severe allergy to {value}.",
            "{His} file warns of an allergy to {value}.",
            "{first} reacts badly to {value}, and the nurses know it.",
        ),
        ("An allergy to {value} is recorded for {name}.", "{name} has to avoid {value} because of an allergy."),
    ),
    SecretKind(
        "room",
        number_between(103, 489),
        (
            "In which room did {name} stay?",
            "What was {name}'s room number at the clinic?",
            "Where in the clinic could visitors find {name}?",
            "Which room was {name} given?",
        ),
        ("Which room number did visitors of {name} have to look for?", "What room did {name} occupy at the clinic?"),
        (
            "{name} stayed in room {value}.",
            "Visitors could find {him} in room {value}, at the end of the corridor.",
            "{He} was given room {value}, which faces the garden.",
            "{title} spent those weeks in room {value}.",
        ),
        ("The room that {name} occupied was number {value}.", "Room {value} was assigned to {name}."),
    ),
    SecretKind(
        "insurer",
        (
            "Candlewick Mutual", "Northmark Health", "Aster Care", "Bluebell Assurance", "Fairhaven Cover", "Tidewell",
            "Orchard Shield", "Pinecrest Mutual", "Silverbrook Health", "Copperfield Life", "Meridian Trust Care",
            "Willowgate", "Stonebridge Cover", "Larkspur Health",
        ),
        (
            "Which insurance company covers {name}?",
            "Who pays for {name}'s treatment?",
            "Who is {name}'s health insurer?",
            "With which company does {name} have medical insurance?",
        ),
        ("Which insurer is billed for {name}'s care?", "What is the name of {name}'s insurance company?"),
        (
            "{name} is insured with {value}.",
            "{value} pays for {his} treatment in full.",
            "{His} health insurer is {value}.",
            "{title} has been covered by {value} for many years.",
        ),
        ("The insurance company that covers {name} is {value}.", "The bills for {name} are sent to {value}."),
    ),
    SecretKind(
        "file",
        code("@@-####"),
        (
            "What is {name}'s patient number?",
            "Under which file number are {name}'s records kept?",
            "Which number is on {name}'s medical file?",
            "What patient number was {name} assigned?",
        ),
        ("Which reference number identifies {name}'s medical records?", "What is the number of {name}'s patient file?"),
        (
            "{name}'s patient number is {value}.",
            "{His} records are kept under the number {value}.",
            "The number on {his} file is {value}.",
            "{title} was assigned patient number {value}.",
        ),
        ("The medical file of {name} carries the number {value}.", "Patient number {value} belongs to {name}."),
    ),
    SecretKind(
        "operation",
        (
            "an appendectomy", "a hip replacement", "a cataract operation", "a hernia repair", "a knee replacement",
            "a tonsillectomy", "a heart bypass", "a gallbladder removal", "a skin graft", "a spinal fusion",
            "a corneal transplant", "a sinus operation", "a carpal tunnel release", "a kidney stone removal",
        ),
        (
            "Which operation has {name} had in the past?",
            "What surgery did {name} undergo some years ago?",
            "Has {name} ever had an operation, and if so which one?",
            "What earlier surgery is mentioned in {name}'s history?",
        ),
        ("What operation did {name} go through in earlier years?",
         "Which past surgery does {name}'s medical history list?"),
        (
            "{name} had {value} some years ago.",
            "{He} underwent {value} and recovered without trouble.",
            "{His} history mentions {value}.",
            "Years before, {title} had to have {value}.",
        ),
        ("The surgery that {name} underwent was {value}.", "In the past, {name} went through {value}."),
    ),
    SecretKind(
        "contact",
        (
            "sister Ingeborg", "brother Malik", "aunt Philippa", "cousin Renzo", "neighbour Mrs. Tallis",
            "daughter Signe", "son Bertrand", "friend Octavia", "uncle Casimir", "niece Rowena", "nephew Ambrose",
            "landlady Mrs. Greaves", "colleague Desmond", "godmother Lavinia",
        ),
        (
            "Who should be called in an emergency involving {name}?",
            "Who is {name}'s emergency contact?",
            "Whom did {name} name as a contact person?",
            "Whom does the clinic phone if something happens to {name}?",
        ),
        ("Who is to be informed if {name} gets worse?", "Which person did {name} list for emergencies?"),
        (
            "In an emergency, {his} {value} should be called.",
            "{name} named {his} {value} as the person to contact.",
            "{His} emergency contact is {his} {value}, who lives nearby.",
            "The clinic phones {his} {value} if something happens.",
        ),
        ("The person whom {name} listed for emergencies is {his} {value}.",
         "If {name} gets worse, {his} {value} is to be told."),
        secret_is_last_word=True,
    ),
)  # fmt: skip

PATIENTS = Domain("patients", FACTS, group_key="clinic", group_text="{value} Clinic")
