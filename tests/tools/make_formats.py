"""Write the office documents of tests/corpus: slides, sheets, an e-mail, RTF, an e-book, OpenDocument.

Their text is in this script. Running it again gives documents of the same text; their bytes differ in
the dates that the libraries put into archives.

    pip install python-pptx==1.0.2 openpyxl==3.1.5 EbookLib==0.20 odfpy==1.4.1
    python tests/tools/make_formats.py
"""

import datetime
import email.message
import email.policy
import email.utils
from pathlib import Path

import ebooklib.epub
import openpyxl
import openpyxl.styles
import pptx
import pptx.util
from odf import dc, meta, opendocument, table, text

CORPUS = Path(__file__).parent.parent / "corpus"
WRITTEN = datetime.datetime(2026, 3, 2, 9, 0, 0)
AUTHOR = "Tarnwell Technical Writing"


def write_pptx(target):
    """A training of four slides: bullets in levels, a table, notes, a hidden slide."""
    deck = pptx.Presentation()
    deck.core_properties.title = "P-40 service training"
    deck.core_properties.author = AUTHOR
    deck.core_properties.keywords = "pump, training"
    deck.core_properties.created = deck.core_properties.modified = WRITTEN

    first = deck.slides.add_slide(deck.slide_layouts[0])
    first.shapes.title.text = "P-40 service training"
    first.placeholders[1].text = "For technicians of our dealers, spring 2026"

    tools = deck.slides.add_slide(deck.slide_layouts[1])
    tools.shapes.title.text = "Before you begin"
    body = tools.placeholders[1].text_frame
    body.text = "Bring the seal press TP-12 and the torque wrench"
    for level, line in [
        (0, "Take the pump off the mains"),
        (1, "Wait five minutes for the capacitor"),
        (1, "Hang the red tag on the switch"),
        (0, "Empty the housing through the drain plug"),
    ]:
        paragraph = body.add_paragraph()
        paragraph.text, paragraph.level = line, level
    tools.notes_slide.notes_text_frame.text = (
        "Tell the class about the accident in Ashmere: the red tag was missing. "
        "Each technician signs the list of tags, form T-77."
    )

    times = deck.slides.add_slide(deck.slide_layouts[5])
    times.shapes.title.text = "Times that a trained technician needs"
    rows = [
        ("Work", "Minutes", "Persons"),
        ("Replace the shaft seal", "55", "1"),
        ("Replace the check valve", "20", "1"),
        ("Replace the whole pump", "95", "2"),
    ]
    shape = times.shapes.add_table(
        len(rows), 3, pptx.util.Cm(2), pptx.util.Cm(5), pptx.util.Cm(20), pptx.util.Cm(5)
    )
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            shape.table.cell(row, column).text = cell

    examination = deck.slides.add_slide(deck.slide_layouts[1])
    examination.shapes.title.text = "Examination"
    examination.placeholders[1].text_frame.text = "Pass mark: 18 of 24 questions"
    examination.notes_slide.notes_text_frame.text = "Whoever fails may repeat the examination after 14 days."
    examination._element.set("show", "0")

    # The library's template brings layouts and a picture that nobody needs.
    used = {slide.slide_layout.part.partname for slide in deck.slides}
    for layout in [layout for layout in deck.slide_layouts if layout.part.partname not in used]:
        deck.slide_layouts.remove(layout)
    for key, relation in list(deck.part.package._rels.items()):
        if relation.reltype.endswith("/thumbnail"):
            deck.part.package._rels.pop(key)
    deck.save(target)


def write_xlsx(target):
    """Two sheets: stock with dates, percentages and money, two tables on one of them."""
    book = openpyxl.Workbook()
    book.properties.title = "Spare parts in stock"
    book.properties.creator = AUTHOR
    book.properties.created = book.properties.modified = WRITTEN
    stock = book.active
    stock.title = "Stock"
    stock.append(["Stock on 2 March 2026, central store at Ashmere"])
    stock.append(["Part", "Order number", "Pieces", "Shelf", "Counted on", "Price", "Share sold", "Order again"])
    for part, number, pieces, shelf, counted, price, share, again in [
        ("Seal kit for the P-40", "40-117", 212, "C-14", datetime.date(2026, 2, 27), 64.5, 0.125, False),
        ("Check valve, one inch", "40-204", 38, "C-15", datetime.date(2026, 2, 27), 27.9, 0.4, True),
        ("Pressure sensor", "40-230", 91, "A-02", datetime.date(2026, 2, 26), 48, 0.081, False),
        ("Cartridge for the F-6", "F6-201", 1460, "F-31", datetime.date(2026, 2, 25), 34.9, 0.62, True),
        ("Valve head of the S-3", "S3-410", 7, "B-09", datetime.date(2026, 2, 26), 312, 0.05, True),
    ]:
        stock.append([part, number, pieces, shelf, counted, price, share, again])
        row = stock.max_row
        stock.cell(row, 3).number_format = "#,##0"
        stock.cell(row, 5).number_format = "dd/mm/yyyy"
        stock.cell(row, 6).number_format = '[$€-407] #,##0.00'
        stock.cell(row, 7).number_format = "0.0%"
    stock.append([])
    stock.append(["Shelf", "Height above the floor in metres", "Keeper"])
    for row in [("A-02", 0.4, "Ines Marlow"), ("B-09", 1.2, "Ines Marlow"), ("C-14", 2.1, "Tom Weir")]:
        stock.append(row)
    suppliers = book.create_sheet("Suppliers")
    suppliers.append(["Supplier", "Delivers", "Days to deliver", "Telephone"])
    suppliers.append(["Brackwater Seals", "Seal kits", 9, "+44 1632 960118"])
    suppliers.append(["Ostrava Armaturen", "Check valves, valve heads", 21, "+420 555 0117"])
    for sheet in book:
        for cell in sheet[2 if sheet is stock else 1]:
            cell.font = openpyxl.styles.Font(bold=True)
    book.save(target)


def write_csv(target):
    """Deliveries as a German program exports them: semicolons, Windows-1252, a quoted line end."""
    rows = [
        "Delivery;Date;Customer;Parts;Weight kg;Remark",
        "D-2611;2026-03-03;Müller Haustechnik;40-117, 40-204;3,2;\"Leave at the gate,\r\nring twice\"",
        "D-2612;2026-03-03;Café Lindgrün;F6-201;1,1;",
        "D-2613;2026-03-04;Ashmere School;S3-410;14,6;Lift needed",
        "D-2614;2026-03-06;Brackwater Baths;40-000;16,9;\"Pallet \"\"B\"\"\"",
    ]
    target.write_bytes(("\r\n".join(rows) + "\r\n").encode("cp1252"))


def write_eml(target):
    """A complaint with plain text, HTML and an attached table."""
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"] = "Zoë Hartmann <zoe.hartmann@lindgruen.example>"
    message["To"] = "Tarnwell Service <service@tarnwell.example>"
    message["Date"] = email.utils.format_datetime(datetime.datetime(2026, 2, 19, 8, 41, tzinfo=datetime.timezone.utc))
    message["Subject"] = "Complaint: our F-6 whistles at night – case 88-4102"
    message["Message-ID"] = "<88-4102@lindgruen.example>"
    body = (
        "Dear Service,\n\nour F-6 filter (serial number F6-771204) whistles every night between two and three o'clock. "
        "The noise stops as soon as the angle valve is closed by half a turn.\n\n"
        "Your technician Mr Okafor was here on 12 February and replaced the flow limiter. It whistles all the same. "
        "Please send somebody before the end of the month, or take the filter back.\n\nKind regards\nZoë Hartmann\nCafé Lindgrün\n"
    )
    message.set_content(body, cte="quoted-printable")
    message.add_alternative(
        "<html><body>" + "".join(f"<p>{part}</p>" for part in body.split("\n\n")) + "</body></html>", subtype="html"
    )
    readings = "night,loudest in dB(A),pressure in bar\n2026-02-14,47,5.8\n2026-02-15,51,6.1\n2026-02-16,49,5.9\n"
    message.add_attachment(readings.encode(), maintype="text", subtype="csv", filename="noise readings.csv")
    boundary = iter(["tarnwell-mixed", "tarnwell-alternative"])
    for part in message.walk():
        if part.is_multipart():
            part.set_boundary(next(boundary))
    target.write_bytes(message.as_bytes())


def write_rtf(target):
    """A service note as Word writes it: code page, Unicode, a table, a list, outline levels."""
    rows = [("Reading", "Before", "After"), ("Pressure at the outlet", "2.1 bar", "3.2 bar"), ("Current", "6.4 A", "4.9 A")]
    lines = [
        r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fswiss\fcharset0 Arial;}{\f1\fnil\fcharset2 Symbol;}}",
        r"{\colortbl;\red0\green0\blue0;}{\stylesheet{\s0 Normal;}{\s1\outlinelevel0 heading 1;}}",
        r"{\info{\title Service note 5519}{\author Tarnwell Technical Writing}{\keywords P-40, service}}",
        r"{\header\pard Tarnwell Water Systems Ltd\par}\uc1",
        r"\pard\s1\outlinelevel0\b Service note 5519\b0\par",
        r"\pard\s0 Pump P-40 of Mr Andr\'e9 Jel\u237?nek, serial number P40-26118, 14 Weir Lane. "
        r"The pump ran, but the pressure fell when two taps were open. Ambient temperature 18 \'b0C.\par",
        r"\pard\s1\outlinelevel1 What was done\par",
        *(
            rf"\pard{{\listtext\f1\'b7\tab}}\ls1\ilvl0\f0 {line}\par"
            for line in [
                "Impeller cleaned; a piece of hemp was stuck in it",
                "Strainer 40-311 fitted, which had been left out at the installation",
                "Firmware of the controller brought to 2.8.1",
            ]
        ),
        r"\pard\s1\outlinelevel1 Readings\par",
        *(
            r"\trowd\cellx3000\cellx5000\cellx7000" + "".join(rf"\pard\intbl {cell}\cell" for cell in row) + r"\row"
            for row in rows
        ),
        r"\pard\s0 The customer paid 96.40 \u8364?. The next service is due in {\b September 2027}.\par}",
    ]
    target.write_bytes("\r\n".join(lines).encode("ascii"))


def write_epub(target):
    """A handbook of three chapters."""
    book = ebooklib.epub.EpubBook()
    book.set_identifier("tarnwell-handbook-2026")
    book.set_title("The Dealer's Handbook")
    book.set_language("en")
    book.add_author(AUTHOR)
    chapters = [
        (
            "Opening an account",
            "<p>Whoever sells our products opens an account with the form D-1. The account is opened within "
            "<b>six working days</b>; until then orders are paid in advance.</p>"
            "<ul><li>Copy of the trade licence</li><li>Proof of insurance over at least 500,000 euros</li></ul>",
        ),
        (
            "Demonstration units",
            "<p>Each dealer may keep two demonstration units for up to nine months at 60 percent of the dealer&#8217;s price.</p>"
            "<h2>Returning them</h2><p>A demonstration unit comes back clean and dry, with its logbook.</p>"
            "<table><tr><th>Unit</th><th>Deposit</th></tr><tr><td>P-40</td><td>150 euros</td></tr>"
            "<tr><td>S-3</td><td>280 euros</td></tr></table>",
        ),
        (
            "Training",
            "<p>One technician of each dealer passes the P-40 training every second year. The training centre is in Ashmere; "
            "places are booked under extension 412.</p>",
        ),
    ]
    items = []
    for number, (title, body) in enumerate(chapters, 1):
        item = ebooklib.epub.EpubHtml(title=title, file_name=f"chapter {number}.xhtml", lang="en")
        item.content = f"<html><body><h1>{title}</h1>{body}</body></html>"
        book.add_item(item)
        items.append(item)
    book.toc = items
    book.add_item(ebooklib.epub.EpubNcx())
    book.add_item(ebooklib.epub.EpubNav())
    book.spine = ["nav", *items]
    ebooklib.epub.write_epub(str(target), book)


def write_odt(target):
    """Safety instructions: headings, a numbered list, a table with a header row."""
    document = opendocument.OpenDocumentText()
    document.meta.addElement(meta.InitialCreator(text=AUTHOR))
    document.meta.addElement(meta.CreationDate(text="2026-03-02T09:00:00"))
    document.meta.addElement(meta.Keyword(text="safety"))
    document.meta.addElement(dc.Title(text="Safety in the workshop"))
    numbers = text.ListStyle(name="Steps")
    numbers.addElement(text.ListLevelStyleNumber(level=1, numsuffix=".", numformat="1"))
    document.automaticstyles.addElement(numbers)

    def heading(level, words):
        document.text.addElement(text.H(outlinelevel=level, text=words))

    def paragraph(words):
        document.text.addElement(text.P(text=words))

    heading(1, "Safety in the workshop")
    paragraph("These instructions hold in all service centres of Tarnwell Water Systems Ltd from 1 April 2026.")
    heading(2, "Pressure tests")
    paragraph("Housings are tested behind the steel screen at 12 bar for four minutes. Nobody stands in front of the screen.")
    steps = text.List(stylename=numbers)
    for words in ["Close the screen and lock it.", "Raise the pressure in steps of 2 bar.", "Note the pressure after four minutes."]:
        item = text.ListItem()
        item.addElement(text.P(text=words))
        steps.addElement(item)
    document.text.addElement(steps)
    heading(2, "Descaling agents")
    grid = table.Table(name="Agents")
    grid.addElement(table.TableColumn(numbercolumnsrepeated=3))
    rows = [
        ("Agent", "Gloves", "Rinse the eyes for"),
        ("Citric acid, 10 percent", "nitrile", "10 minutes"),
        ("Amidosulphonic acid", "butyl rubber", "15 minutes"),
    ]
    head = table.TableHeaderRows()
    grid.addElement(head)
    for place, cells in enumerate(rows):
        row = table.TableRow()
        for words in cells:
            cell = table.TableCell()
            cell.addElement(text.P(text=words))
            row.addElement(cell)
        (head if place == 0 else grid).addElement(row)
    document.text.addElement(grid)
    paragraph("The first-aid box hangs beside the door to the store. Accidents are entered in the green book on the same day.")
    document.save(str(target))


if __name__ == "__main__":
    write_pptx(CORPUS / "pump-training.pptx")
    write_xlsx(CORPUS / "spare-parts.xlsx")
    write_csv(CORPUS / "deliveries.csv")
    write_eml(CORPUS / "complaint.eml")
    write_rtf(CORPUS / "service-note.rtf")
    write_epub(CORPUS / "handbook.epub")
    write_odt(CORPUS / "safety.odt")
