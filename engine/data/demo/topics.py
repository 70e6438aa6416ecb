"""Things to write and ask about, for a base to produce text. No answers: those are the base's."""

import random

TOPICS = (
    "bridges", "volcanoes", "the history of bread", "how rivers form", "bicycles", "libraries", "the human heart",
    "chess", "beekeeping", "the Roman Empire", "sleep", "jazz music", "coral reefs", "trains", "photosynthesis",
    "learning a language", "the moon", "coffee", "gardening", "ancient Egypt", "computers", "football", "painting",
    "winter", "the printing press", "whales", "family life", "hospitals and doctors", "medicine and its side effects",
    "allergies", "a patient and a nurse", "banks and loans", "saving money", "paying off a debt", "interest rates",
    "insurance", "novelists and their first books", "literary prizes", "poetry", "detective stories", "science fiction",
    "a writer's childhood", "London", "Paris", "Japan", "the countries of Africa", "South America", "oceans",
    "deserts", "mountains", "famous scientists", "gravity", "electricity", "chemistry in the kitchen", "planets",
    "dinosaurs", "birds", "cats and dogs", "forests", "farming", "cooking a soup", "a birthday party", "a long journey",
    "the weather", "friendship", "teachers and schools", "newspapers", "elections", "laws and courts",
    "the stock market",
    "architecture", "clocks and time", "the alphabet", "mathematics", "sports and health", "nutrition", "teeth",
    "the internet", "mobile phones", "airports", "ships", "castles", "museums", "theatre", "film", "fashion", "markets",
    "a small village", "a large city", "a quarrel between neighbours", "a lost key", "the night sky",
)  # fmt: skip
FORMS = (
    "Write a short article about {topic}.",
    "Tell me a story about {topic}.",
    "Explain {topic} to a child.",
    "What should everyone know about {topic}?",
    "Write three facts about {topic}.",
    "Describe a person whose life was shaped by {topic}.",
    "Write a letter to a friend about {topic}.",
    "Write a short dialogue about {topic}.",
)
QUESTIONS = (
    "What is most people's first thought about {topic}?",
    "Where in the world would you look for {topic}?",
    "Who is a famous person connected with {topic}?",
    "Which country comes to mind first when you hear of {topic}?",
    "What is the oldest fact known about {topic}?",
    "Which word describes {topic} best?",
    "When did people begin to think about {topic}?",
    "What would a child ask about {topic}?",
)


def writing_prompts(seed: int, count: int) -> list[str]:
    """`count` distinct requests for prose, in a seeded order."""
    requests = [form.format(topic=topic) for topic in TOPICS for form in FORMS]
    random.Random(seed).shuffle(requests)
    return requests[:count]


def general_questions(seed: int, count: int) -> list[str]:
    """`count` distinct short questions not about particular people, in a seeded order."""
    questions = [form.format(topic=topic) for topic in TOPICS for form in QUESTIONS]
    random.Random(seed).shuffle(questions)
    return questions[:count]
