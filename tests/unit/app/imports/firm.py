"""A firm of 200 people as spreadsheets of its departments have it: a workbook with German habits, and a cp1252 CSV."""

import csv
import io
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from openpyxl import Workbook

GIVEN = ("Jörg", "Anaïs", "Zoë", "Björn", "Renée", "Käthe", "Łukasz", "Mia", "Jürgen", "Søren", "Inès", "Ömer")
FAMILY = ("Müller", "Großmann", "Šimić", "O'Brien", "Nuñez", "Weiß", "Åberg", "Schäfer", "Dvořák", "de la Cruz")
UNITS = ("Beratung", "Technik", "Daten & KI")
LEVELS = ("Junior", "Consultant", "Senior", "Principal")


def german(amount: float, sign: str = "") -> str:
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,")) + sign


def people(count: int, seed: int = 11) -> list[dict[str, Any]]:
    rng = Random(seed)
    found = []
    for number in range(count):
        first, last = rng.choice(GIVEN), rng.choice(FAMILY)
        found.append({
            "name": f"{first} {last}", "email": f"p{number}@firma.example", "title": rng.choice(LEVELS),
            "unit": rng.choice(UNITS), "cost": round(rng.uniform(38, 110), 2), "bill": round(rng.uniform(90, 1400), 2),
            "starts": date(2008, 1, 1) + timedelta(rng.randrange(6_000)), "hours": rng.choice((40, 37.5, 32)),
        })  # fmt: skip
    return found


def workbook(rows: list[dict[str, Any]]) -> bytes:
    """Sheets under titles and merged headings; days, amounts and percentages as texts and as cells of all kinds."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Mitarbeiter 2026"
    sheet.append(["Personalstand, vertraulich"])
    sheet.append([])
    sheet.append(["Person", None, None, "Sätze", None, "Vertrag", None, None, "Notiz"])
    sheet.merge_cells("A3:C3")
    sheet.merge_cells("D3:E3")
    sheet.merge_cells("F3:H3")
    sheet.append(["Name", "E-Mail", "Funktion", "Kostensatz (EUR)", "Stundensatz", "Eintritt", "Wochenstunden",
                  "Abteilung", None])  # fmt: skip
    for number, one in enumerate(rows):
        starts: Any = one["starts"]
        if number % 3 == 0:
            starts = starts.strftime("%d.%m.%Y")
        elif number % 3 == 1:
            starts = datetime.combine(starts, datetime.min.time())
        cost: Any = one["cost"] if number % 2 else german(one["cost"])
        bill: Any = one["bill"] if number % 5 else german(one["bill"], " €")
        hours: Any = one["hours"] if number % 4 else f"{one['hours']:g}".replace(".", ",")
        name = one["name"] if number % 7 else f"  {one['name']}  "
        sheet.append([name, one["email"].upper() if number % 9 == 0 else one["email"], one["title"], cost, bill, starts,
                      hours, one["unit"], "=1/0" if number == 4 else None])  # fmt: skip
        if number % 50 == 0:
            sheet.append([None] * 9)
    sheet.append([rows[3]["name"], rows[3]["email"], rows[3]["title"], german(rows[3]["cost"]), german(rows[3]["bill"]),
                  rows[3]["starts"], rows[3]["hours"], rows[3]["unit"]])  # fmt: skip
    skills = book.create_sheet("Kenntnisse")
    skills.append(["Mitarbeiter", "Kenntnis", "Stufe"])
    for number, one in enumerate(rows):
        skills.append([one["email"], "Python" if number % 2 else "SAP S/4HANA", 1 + number % 5])
    customers = book.create_sheet("Kunden")
    customers.append(["Kunde", "Kategorie", "Sprache"])
    customers.append(["Nordwind AG", "A", "de"])
    customers.append(["Küste & Söhne", "C", "de"])
    contracts = book.create_sheet("Verträge")
    contracts.append(
        ["Vertragsnummer", "Kunde", "Titel", "Vertragsart", "Beginn", "Ende", "Wert", "Währung", "Stundensatz"]
    )
    contracts.append(["V-001", "Nordwind AG", "Einführung", "Festpreis", "01.01.2026", "31.12.2026", "120.000,00",
                      "EUR", 145])  # fmt: skip
    contracts.append(["V-002", "küste & söhne", "Betrieb", "nach Aufwand", "1.2.26", date(2027, 1, 31), 80_000,
                      "CHF", "150,50"])  # fmt: skip
    projects = book.create_sheet("Projekte")
    projects.append(["Projekt", "Vertrag", "Beginn", "Ende", "Budget", "Projektleiter", "Status"])
    projects.append(["Einführung ERP", "V-001", "01.01.2026", "30.11.2026", "110.000", rows[0]["email"], "laufend"])
    projects.append(["Betrieb", "Betrieb", "1.2.2026", "31.01.2027", 75_000, rows[1]["email"], None])
    book.create_sheet("Notizen").append(["nur für uns", "Kaffee bestellen"])
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def leave_csv(rows: list[dict[str, Any]]) -> bytes:
    """As a German spreadsheet program saves it: semicolons, cp1252."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";")
    writer.writerow(["Mitarbeiter", "Von", "Bis", "Status"])
    for number, one in enumerate(rows[:60]):
        begins = date(2026, 3, 1) + timedelta(number)
        writer.writerow([one["email"], f"{begins:%d.%m.%Y}", f"{begins + timedelta(5):%d.%m.%Y}", "genehmigt"])
    writer.writerow(["", "", "", ""])
    writer.writerow([rows[0]["email"], "01.03.2026", "06.03.2026", "genehmigt"])
    return text.getvalue().encode("cp1252")


def limits_csv() -> bytes:
    rows = "Freigeber;E-Mail;Rollen;Grenze\nJörg Prüfer;p1@firma.example;finance, reviewer;10.000,00 €\n"
    return rows.encode("cp1252")
