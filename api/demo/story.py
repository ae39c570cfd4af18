"""The written story of one key account, from the first visit to a rescued contract; its dates are those of the rows."""

from datetime import date

ACCOUNT_ID = "A-01"

CHAPTERS = (
    (
        "A door opens",
        (
            (date(2024, 2, 26), "Lanhai Wind (澜海风电装备有限公司) is registered; 陆佳怡 becomes its manager."),
            (date(2024, 3, 12), "The first visit. Xu Min (许敏), head of development, opens the test field for us."),
            (date(2024, 4, 22), "A pilot is opened: pitch drives for twelve turbines, 480,000 CNY (`O-LH-1`)."),
            (date(2024, 6, 18), "Shen Guoliang (沈国梁), who approves, receives us with our team leader."),
            (date(2024, 7, 16), "Gao Zhiyuan (高志远), purchasing, says openly that he buys from Ardenne Antriebe."),
            (date(2024, 8, 28), "The pilot is won, 465,000 CNY signed."),
            (
                date(2024, 11, 12),
                "The last of the twelve turbines is delivered, three days early.",
            ),
            (date(2024, 11, 20), "Scored by the selection model of the time, whose objective is volume."),
            (date(2024, 11, 25), "Lanhai becomes a key account: ordinary, with partnership in mind."),
        ),
    ),
    (
        "The large one",
        (
            (date(2025, 2, 20), "The framework contract 2026 to 2028 is opened: 9,600,000 CNY (`O-LH-2`)."),
            (date(2025, 4, 16), "The map is drawn: Xu Min is our mentor, Shen supports us, Gao is an enemy."),
            (date(2025, 5, 14), "The opportunity is winnable. Everything hangs on one approver."),
            (date(2025, 5, 26), "The offer: `Q-LH-2`, 9,600,000 CNY, to be followed up in June."),
        ),
    ),
    (
        "Silence",
        (
            (date(2025, 5, 27), "A farewell: Shen Guoliang tells us that he is leaving. Nobody asks who follows him."),
            (date(2025, 5, 30), "Shen leaves."),
            (date(2025, 7, 15), "The one visit that was planned is cancelled. Nobody goes for more than five months."),
            (date(2025, 6, 24), "The day on which the offer was to be followed up. Nobody does; it expires in August."),
            (date(2025, 8, 20), "The survey says 3 of 10: “nobody has come since spring”. Purchases fall away."),
            (date(2025, 9, 1), "Katharina Voss arrives as chief operating officer. She has never heard of us."),
            (date(2025, 9, 15), "A promise is broken: the spare parts took five weeks."),
            (date(2025, 9, 22), "The close date is pushed for the first time, to 2025-12-31."),
            (date(2025, 10, 15), "The opportunity goes back from winnable to confirmed: Gao has asked for a tender."),
            (date(2025, 10, 15), "Price becomes the first criterion; noise, which only we hold, falls to the fourth."),
        ),
    ),
    (
        "The rescue",
        (
            (date(2025, 10, 20), "Scored anew: for a week now the company's objective is partnership, not volume."),
            (date(2025, 10, 27), "The account is handed over to 何子墨."),
            (date(2025, 10, 29), "The review keeps the key status and says what we change: a visit every three weeks."),
            (date(2025, 11, 4), "Our director and 何子墨 meet Voss. She names what must be true by March."),
            (date(2025, 11, 5), "A new strategy: flanking. Away from the price per drive, to what a winter costs."),
            (date(2025, 11, 25), "Jiang Xue (蒋雪), maintenance, shows the failures of the present drives."),
            (date(2025, 12, 16), "A seminar on the failures. Two days later the date is pushed again."),
            (date(2026, 1, 13), "Gao hands us the cost sheet of the old drives: the first thing he ever gave us."),
            (date(2026, 2, 24), "Four drives are lent for a trial; both sides put in people and days."),
            (date(2026, 3, 10), "Voss and Gao hear the calculation together; next day Gao stands neutral."),
            (date(2026, 3, 10), "Total cost over ten years is now the first criterion, and it is ours."),
            (date(2026, 4, 20), "The survey says 8 of 10."),
            (date(2026, 5, 13), "The opportunity is winnable again, a year less a day later."),
        ),
    ),
    (
        "The contract",
        (
            (date(2026, 6, 9), "A second offer, `Q-LH-3`: followed up, revised twice, accepted before the signing."),
            (date(2026, 6, 10), "Gao, the enemy of a year ago, supports us: the saving is his success."),
            (date(2026, 6, 23), "The fourth push, to 2026-09-30: the works council wants the yaw drives included."),
            (date(2026, 7, 8), "With the yaw drives the amount rises to 11,200,000 CNY."),
            (date(2026, 7, 15), "Negotiation."),
            (date(2026, 9, 15), "The last concession, two weeks of training, is made for nothing in return."),
            (date(2026, 9, 24), "Won: 10,850,000 CNY signed, two and a half years after the first visit."),
            (date(2026, 10, 15), "Lanhai is promoted to a partner."),
            (date(2026, 10, 23), "The delivery forecast that we promised for this day has not been sent."),
            (date(2026, 10, 26), "The first ten turbines are late: a promise of delivery is missed."),
        ),
    ),
)
"""Title of the chapter; day and sentence of what happened."""

COMMANDS = (
    (
        "Who deserves key treatment",
        "The first model asks for volume, the second, since October 2025, for partnership: the same customers, ranked"
        " twice.",
        (
            "kams portfolio --as-of 2024-12-31",
            "kams portfolio --as-of 2026-10-31",
            "kams portfolio --why A-01 --as-of 2026-10-31",
        ),
    ),
    (
        "The map that changed",
        "In May 2025 everything hangs on one approver; a year later four people stand elsewhere.",
        (
            "kams map O-LH-2 --as-of 2025-05-14",
            "kams map O-LH-2 --as-of 2026-06-30 --since 2025-05-14",
            "kams contest O-LH-2 --as-of 2026-06-30",
        ),
    ),
    (
        "What both sides gave",
        "Needs, help, promises kept and broken, a trial together; and what the silence did.",
        (
            "kams balance A-01 --as-of 2026-10-31",
            "kams health --account A-01 --as-of 2025-10-15",
            "kams findings --account A-01 --as-of 2026-10-31",
        ),
    ),
    (
        "The handover",
        "What was open when 陆佳怡 gave the account away, and who has what to do now.",
        ("kams account A-01 --as-of 2025-10-27", "kams todo --member 何子墨 --as-of 2026-10-31"),
    ),
    (
        "What it took to win",
        "Two offers, three concessions, 129 days of ours and the deliveries that follow.",
        (
            "kams cost O-LH-2 --as-of 2026-10-31",
            "kams quotes --all --account A-01 --as-of 2026-10-31",
            "kams deliveries --account A-01 --as-of 2026-10-31",
        ),
    ),
)
"""Title, what is to be seen, and the commands that show it."""


def story_text() -> str:
    """The story in English, as Markdown: one heading per chapter, one dated line per event."""
    lines = [
        "# Lanhai Wind: from the first visit to a rescued contract",
        "",
        f"Every date below is in the sample company's files, under account `{ACCOUNT_ID}`: ask the read models"
        " for any of these days, and for the day before.",
    ]
    for title, beats in CHAPTERS:
        lines += ["", f"## {title}", ""]
        lines += [f"- **{day.isoformat()}** {sentence}" for day, sentence in beats]
    lines += ["", "## See it yourself"]
    for title, about, commands in COMMANDS:
        lines += ["", f"**{title}.** {about}", "", "```sh", *commands, "```"]
    return "\n".join(lines) + "\n"
