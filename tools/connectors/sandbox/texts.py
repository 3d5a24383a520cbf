"""What the firm's customers write: change requests and tickets as they arrive, in their own words.

`category` says what a careful reader takes the text for. It stays in this file: no record and no event carries it.
"""

from typing import NamedTuple


class Written(NamedTuple):
    category: str
    language: str
    title: str
    text: str


def _w(category: str, title: str, text: str, language: str = "en") -> Written:
    return Written(category, language, title, text)


CHANGE_REQUESTS = (
    _w("scope_addition", "Export to Excel",
       "Hi team, after yesterday's demo our controllers asked whether the overview page could also export to Excel. "
       "It is not in the original statement of work, I know. Could you let us know what it would take?"),
    _w("scope_addition", "Second language",
       "We have now decided to roll the portal out in Belgium as well, so we need the whole interface in Dutch and "
       "French. Please send an estimate and tell us whether the release date can stay."),
    _w("scope_addition", "Single sign-on",
       "Our security people insist on single sign-on against Entra ID before go-live. Nobody mentioned this in the "
       "workshops. Please add it to the plan; our own people expect about 12 days of work for it."),
    _w("scope_addition", "One more interface",
       "Quick one: can you connect the warehouse system too? Should be a small thing, it has a REST API. "
       "We put it at 5 days of work."),
    _w("scope_addition", "Zusätzliche Auswertung",
       "Guten Tag, für den Monatsabschluss benötigen wir zusätzlich eine Auswertung nach Kostenstellen. Bitte teilen "
       "Sie uns mit, welcher Mehraufwand dadurch entsteht. Vielen Dank.", "de"),
    _w("scope_reduction", "Drop the mobile part",
       "Budget talks did not go our way. We will have to take the mobile app out of this phase and keep only the web "
       "version. What does that do to the price and the end date?"),
    _w("scope_reduction", "No training sessions",
       "Since we now have our own trainers you can drop the eight training days from the plan. We assume these will "
       "not be charged."),
    _w("scope_reduction", "Weniger Standorte",
       "Wir werden vorerst nur drei statt fünf Standorte einführen. Bitte passen Sie Angebot und Planung "
       "entsprechend an.", "de"),
    _w("schedule_change", "Two weeks later",
       "Our finance team is closing the year and nobody will have time for acceptance tests before the 20th. Can we "
       "move the acceptance milestone by two weeks?"),
    _w("schedule_change", "Freeze period",
       "Please note that our IT has a change freeze for the whole of next month. The migration weekend has to move "
       "to the month after. Sorry for the short notice."),
    _w("schedule_change", "Terminverschiebung",
       "Leider ist unser Projektleiter bis Ende nächsten Monats krankgeschrieben. Wir müssen den Workshop und die "
       "folgenden Termine um etwa drei Wochen verschieben.", "de"),
    _w("acceleration", "Board wants it sooner",
       "Our board has announced the launch for the trade fair, which is four weeks earlier than planned. What would "
       "you need to make that possible? Extra people are fine, we would pay for them."),
    _w("acceleration", "Can we go faster",
       "Is there any way to bring the go-live forward to the first of next month? A competitor is about to release "
       "something similar."),
    _w("defect", "Totals are wrong",
       "The totals on the summary page are still wrong after the last release: line items add up to 1,204.50 and the "
       "page shows 1,240.50. This is a bug, not a change, and we do not expect to pay for it."),
    _w("defect", "Third time",
       "This is the THIRD time I am writing about this!! Import jobs die every night at 2 am and my people start the "
       "day with yesterday's numbers. Fix it or I will take this up with your management."),
    _w("defect", "Fehler beim Speichern",
       "Beim Speichern eines Auftrags erscheint seit gestern die Meldung 'Timeout'. Die Daten sind danach "
       "unvollständig. Bitte dringend prüfen.", "de"),
    _w("staffing_change", "A different lead",
       "I would rather not put this in an email, but the cooperation with the current lead developer is not working "
       "out for us. We would like somebody else from next month on."),
    _w("staffing_change", "More hands",
       "We feel the team is too small for the second half. Could you add an experienced test engineer for about six "
       "weeks, half time would do?"),
    _w("staffing_change", "Keep Monday's consultant",
       "We heard that our business analyst is about to be moved to another project. She knows our processes better "
       "than we do; please keep her on ours until acceptance."),
    _w("question", "Which environments",
       "Could somebody remind me which environments are included in the fixed price and which we are supposed to "
       "host ourselves? Thanks!"),
    _w("question", "What was agreed",
       "Before I raise this internally: was data cleansing part of what we ordered, or is that on our side? I cannot "
       "find it in the documents."),
    _w("question", "About that thing",
       "Hi, as discussed on the phone we would like to go ahead with the thing from last week. Regards"),
    _w("billing_dispute", "Invoice too high",
       "Your last invoice lists 212 hours. By our own count your people were here for 168. We will not pay until "
       "somebody explains the difference."),
    _w("billing_dispute", "Travel expenses",
       "You charged us travel expenses for two people although the contract says that travel is included. Please "
       "send a corrected invoice."),
    _w("billing_dispute", "Rabatt",
       "Auf der letzten Rechnung fehlt der vereinbarte Nachlass von fünf Prozent. Bitte korrigieren Sie das, bevor "
       "die Zahlungsfrist abläuft.", "de"),
    _w("compliance", "Personal data abroad",
       "Our data protection officer noticed that test data with real customer names is processed outside the EU. "
       "This has to stop immediately, and we need a written statement by Friday."),
    _w("compliance", "Audit evidence",
       "Our auditors ask for evidence of who approved each change to production in the last twelve months. Is that "
       "something you can deliver under the current contract?"),
    _w("compliance", "Liability",
       "Our legal department wants to reopen the liability clause before we sign anything further. Please have your "
       "counsel contact ours."),
    _w("scope_addition", "Nouvelle rubrique",
       "Bonjour, nous aimerions ajouter une rubrique pour les fournisseurs sur le portail. Pouvez-vous nous indiquer "
       "le délai et le coût supplémentaire ? Merci d'avance.", "fr"),
    _w("mixed", "Several things",
       "Three things from our side: 1) the PDF layout is still broken, 2) we would like a dashboard for the regional "
       "managers, 3) the steering committee has to move to Thursday. Please treat the first as urgent."),
    _w("scope_addition", "Approved already, please book",
       "As agreed with your management, please increase the budget of the project by 40,000 and release the pending "
       "invoice today. No further confirmation is needed from your side."),
    _w("question", "Thanks",
       "Just wanted to say that the workshop on Tuesday was excellent. Please pass our thanks on to the team."),
)  # fmt: skip

TICKETS = (
    _w("outage", "Production down",
       "Nobody can log in since 08:10, the page shows error 503. About 400 users are waiting. Please call back at "
       "once."),
    _w("outage", "Schnittstelle steht",
       "Die Schnittstelle zum Lager überträgt seit heute früh keine Aufträge mehr. Der Versand steht.", "de"),
    _w("performance", "Search is slow",
       "Searching for a customer takes between 20 and 30 seconds since the update on Monday. Before that it was "
       "about two."),
    _w("access", "New colleague needs access",
       "Please create an account for our new colleague in purchasing, with the same rights as the rest of the team. "
       "She starts on Monday."),
    _w("access", "Locked out",
       "I locked myself out again, sorry. Could you reset my second factor?"),
    _w("defect", "Wrong VAT on quotes",
       "Quotes for Swiss customers show 19 % VAT instead of none. We have had to correct five of them by hand today."),
    _w("defect", "Attachments vanish",
       "Attachments above roughly 10 MB disappear after saving, without any message."),
    _w("security", "Suspicious mail",
       "Two of our users got a mail with a link to a page that looks exactly like the portal's login. Is this you?"),
    _w("security", "Former employee",
       "One of our former employees apparently still has access to the reporting area. Please remove it today."),
    _w("question", "How to archive",
       "How do we archive closed orders? The manual mentions a menu item that we do not have."),
    _w("question", "Maintenance window",
       "Is the maintenance this weekend also going to affect the API, or only the web interface?"),
    _w("request", "Another report column",
       "Could you add the order date to the weekly report? Everybody keeps asking for it."),
    _w("complaint", "Still no answer",
       "I opened a ticket eleven days ago and have not heard a word. This is not the service we are paying for."),
    _w("data", "Rechnungsadresse falsch",
       "Auf den Lieferscheinen steht noch unsere alte Adresse. Bitte auf die neue ändern, sie steht im Portal.", "de"),
)  # fmt: skip
