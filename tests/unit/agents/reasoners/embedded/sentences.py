"""Sentences of the trade, and pairs of them that mean nearly the same."""

SENTENCES = [
    "Please add two more sprints to the Atlas project; the client wants single sign-on and an audit export by March.",
    "The invoice INV-2041 was billed twice for February, can you check?",
    "Production is down, nobody can log in since nine this morning!",
    "We need a senior data engineer with Spark for 60% over eight weeks starting on 1 June.",
    "Thanks, all good on our side.",
    "Our contract renews in April; we would like to discuss the rate card and the notice period before then.",
    "Milestone 3 slipped by two weeks because the customer did not deliver the test data.",
    "Password reset does not work for one user.",
    "change",
    "The VPN is slow.",
    "Could you write off the last four hours? They were spent on our own mistake.",
    "Ich brauche bis Freitag ein Angebot für die Erweiterung.",
    "PO 4500012345 / net 30 / EUR 12,400.00",
    "Maria joins the Lisbon office on Monday and needs a laptop, a badge and access to the ticket system.",
    "Leave approved: 14 to 25 July, nobody covers the support desk in that time.",
    "WE ARE NOT PAYING FOR THIS. Cancel the order and send me the name of your manager.",
    "a b c d e f g 1 2 3 4 5 6 7 !!! ???",
    "The signed statement of work is attached. Start is 2 May, budget 80 days, fixed price.",
    "fwd: re: re: fwd: timesheet reminder",
    "Does the retainer include out-of-hours support?",
    "The dashboard shows last month's figures. " * 60,
]

RELATED = [
    (
        "The client asks for an extra feature that is not in the contract",
        "Customer requests additional functionality beyond the agreed scope",
        "The office printer has run out of paper",
    ),
    (
        "We were charged twice for the same month",
        "There is a duplicate invoice for February",
        "The new consultant speaks Portuguese",
    ),
    (
        "The whole site is down and nobody can log in",
        "Major outage, all users are locked out",
        "Please send the brochure about your training courses",
    ),
    (
        "We need a Java developer from May",
        "Looking for a backend engineer to join the team next month",
        "The purchase order has the wrong VAT number",
    ),
    (
        "The delivery will be two weeks late",
        "The milestone slips by a fortnight",
        "My password does not work",
    ),
]
