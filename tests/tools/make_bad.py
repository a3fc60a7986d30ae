"""Write tests/bad: documents that a careless reader crashes on, hangs on or misreads.

Each function below makes one kind of trouble and says what it is. The files
are small on disk and carry text of our own. Running the script again gives the
same bytes with the same library versions (encrypted.docx apart, whose salts
are random: it is written only when it is missing).

    pip install reportlab==5.1.0 python-docx==1.2.0 pikepdf==10.17.0 msoffcrypto-tool==6.1.0
    python tests/tools/make_bad.py
"""

import io
import random
import re
import struct
import zipfile
import zlib
from pathlib import Path

import docx
import msoffcrypto.format.ooxml
import pikepdf
import reportlab.rl_config
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from make_corpus import CORPUS, WRITTEN, fix_times

BAD = CORPUS.parent / "bad"
SENTENCE = "The relief valve of the test rig opens at 9.5 bar."
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
CONTENT_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
RELATIONSHIPS = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type='
    '"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"'
    ' Target="word/document.xml"/></Relationships>'
)


def plain_pdf():
    """A readable PDF of two pages, the start of several troubles."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=1)
    canvas.drawString(72, 760, SENTENCE)
    canvas.showPage()
    canvas.drawString(72, 760, "The second page says that the rig was built in 2019.")
    canvas.save()
    return buffer.getvalue()


def encrypted_pdf(name, user, owner):
    """AES-128 encryption; with an empty user password anyone may read it."""
    source = BAD / f".{name}"
    source.write_bytes(plain_pdf())
    options = ["--static-id", "--static-aes-iv", "--allow-weak-crypto"]
    rights = ["--encrypt", user, owner, "128", "--use-aes=y", "--modify=none", "--extract=n", "--"]
    pikepdf.Job(["qpdf", *options, *rights, str(source), str(BAD / name)]).run()
    source.unlink()


def raw_pdf(objects, trailer=b""):
    """Assemble a PDF from object bodies numbered from 1, the first being the catalogue."""
    out, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R %s>>\n" % (len(objects) + 1, trailer)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)


def stream(content):
    packed = zlib.compress(content, 9)
    return b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed)


CATALOGUE = b"<< /Type /Catalog /Pages 2 0 R >>"
FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
TEXT = b"BT /F1 12 Tf 72 760 Td (%s) Tj ET\n" % SENTENCE.encode()
NESTED = b"[" * 100_000 + b"]" * 100_000


def one_page(resources):
    pages = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> %s>> >>" % resources
    )
    return [CATALOGUE, pages, page]


def nested_pdfs():
    """100,000 nested arrays: in a page's resources and content, and in the trailer."""
    content = TEXT + b"BT /F1 12 Tf " + NESTED + b" TJ ET\n" + b"<<" * 50_000 + b">>" * 50_000
    pages = one_page(b"/Properties << /Deep 6 0 R >> ")
    (BAD / "nested.pdf").write_bytes(raw_pdf([*pages, stream(content), FONT, NESTED]))
    trailer = b"/Deep " + NESTED + b" "
    (BAD / "nested-trailer.pdf").write_bytes(raw_pdf([*one_page(b""), stream(TEXT), FONT], trailer))


def nested_pages_pdf():
    """A page tree whose second kid is a node that has the root as its kid."""
    objects = one_page(b"")
    objects[1] = b"<< /Type /Pages /Kids [3 0 R 6 0 R] /Count 2 /Parent 6 0 R >>"
    cycle = b"<< /Type /Pages /Kids [2 0 R] /Count 2 /Parent 2 0 R >>"
    (BAD / "nested-pages.pdf").write_bytes(raw_pdf([*objects, stream(TEXT), FONT, cycle]))


def broken_pdf():
    """Every offset of the cross-reference table is wrong; the objects are sound."""
    content = raw_pdf([*one_page(b""), stream(TEXT), FONT])
    content = re.sub(rb"\d{10} 00000 n", b"9912345007 00000 n", content)
    content = re.sub(rb"startxref\n\d+", b"startxref\n77", content)
    (BAD / "broken.pdf").write_bytes(content)


def scan_pdf():
    """A page that is a picture of text: nothing to read without recognition."""
    picture = Image.new("L", (620, 320), 255)
    ImageDraw.Draw(picture).text((40, 120), SENTENCE, fill=0, font=ImageFont.load_default(20))
    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=1)
    canvas.drawImage(ImageReader(picture), 40, 480, 500, 258)
    canvas.save()
    (BAD / "scan.pdf").write_bytes(buffer.getvalue())


def small_docx(pieces):
    """A DOCX whose document.xml is written piece by piece, so that it may be huge."""
    buffer = io.BytesIO()
    date = WRITTEN.timetuple()[:6]
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in (("[Content_Types].xml", CONTENT_TYPES), ("_rels/.rels", RELATIONSHIPS)):
            archive.writestr(zipfile.ZipInfo(name, date), content)
        document = zipfile.ZipInfo("word/document.xml", date)
        document.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(document, "w") as part:
            for piece in pieces:
                part.write(piece)
    return buffer.getvalue()


def document(body):
    yield f'<?xml version="1.0" encoding="UTF-8"?><w:document {W}><w:body>'.encode()
    yield from body
    yield b"</w:body></w:document>"


def bombs():
    """2 GB of paragraphs in a file of 2 MB, and 500 MB that the zip declares as 10,000 bytes."""
    # A period of four bytes is the longest that deflate packs a thousand to one.
    paragraph = b"<w:p><w:r><w:t>" + b"Hm. " * 12_491 + b"</w:t></w:r></w:p>"
    block = paragraph * 20
    (BAD / "bomb.docx").write_bytes(small_docx(document(block for _ in range(2_000))))
    content = bytearray(small_docx(document(block for _ in range(500))))
    name = b"word/document.xml"
    local = zipfile.ZipFile(io.BytesIO(content)).getinfo(name.decode()).header_offset
    central = content.rindex(name) - 46
    for uncompressed_size in (local + 22, central + 24):
        struct.pack_into("<I", content, uncompressed_size, 10_000)
    (BAD / "bomb-understated.docx").write_bytes(content)


def deep_documents():
    """200,001 nested elements of tables within tables; 100,000 nested divisions."""
    paragraph = f"<w:p><w:r><w:t>{SENTENCE}</w:t></w:r></w:p>".encode()
    opened, closed = b"<w:tbl><w:tr><w:tc>" * 66_667, b"<w:p/></w:tc></w:tr></w:tbl>" * 66_667
    (BAD / "deep.docx").write_bytes(small_docx(document([opened, paragraph, closed])))
    html = "<!DOCTYPE html><title>Deep</title>" + "<div>" * 100_000 + f"<p>{SENTENCE}</p>"
    (BAD / "deep.html").write_text(html, "utf-8")


def good_docx(path):
    made = docx.Document()
    made.core_properties.created = made.core_properties.modified = WRITTEN
    made.add_heading("Test rig", level=1)
    made.add_paragraph(SENTENCE)
    made.save(path)
    fix_times(path)


def names_that_lie():
    """Contents that are not what the extension says, and documents cut short or locked."""
    (BAD / "empty.pdf").write_bytes(b"")
    page = f"<!DOCTYPE html><html><title>Test rig</title><body><p>{SENTENCE}</p></body></html>\n"
    (BAD / "wrong-type.pdf").write_text(page, "utf-8")
    good_docx(BAD / "really-docx.txt")
    whole = (CORPUS / "warranty.docx").read_bytes()
    (BAD / "truncated.docx").write_bytes(whole[: len(whole) * 6 // 10])
    if not (BAD / "encrypted.docx").exists():
        with open(BAD / "really-docx.txt", "rb") as plain, open(BAD / "encrypted.docx", "wb") as locked:
            msoffcrypto.format.ooxml.OOXMLFile(plain).encrypt("weir-lane-14", locked)


def encodings():
    """Text in other encodings, text with stray bytes, and bytes that are no text."""
    latin = "Café Zürich, Größe 40: der Prüfstand öffnet bei 9,5 bar und kostet 1.250 € – naïve Schätzung.\r\n"
    (BAD / "latin1.txt").write_bytes((latin * 5).encode("cp1252"))
    utf16 = f"{SENTENCE}\r\nวาล์วระบายเปิดที่ 9.5 บาร์\r\nLa válvula se abre a 9,5 bar.\r\n"
    (BAD / "utf16.txt").write_bytes(b"\xff\xfe" + utf16.encode("utf-16-le"))
    good = f"{SENTENCE} Überdruck – 9,5 bar – วาล์ว.\n".encode()
    (BAD / "invalid-utf8.txt").write_bytes(good * 4 + b"Stray bytes: \xff\xfe \xc3( \xe0\x80.\n" + good * 4)
    (BAD / "binary.txt").write_bytes(random.Random(7).randbytes(20_000))


if __name__ == "__main__":
    BAD.mkdir(exist_ok=True)
    encrypted_pdf("locked.pdf", "weir-lane-14", "hallow-1987")
    encrypted_pdf("owner-locked.pdf", "", "hallow-1987")
    nested_pdfs()
    nested_pages_pdf()
    broken_pdf()
    scan_pdf()
    bombs()
    deep_documents()
    names_that_lie()
    encodings()
