"""Makes tune.jsonl and final.jsonl: labelled texts for the detectors of ingest/redact. See README.md.

Run: python3 make.py (Python 3.9 or newer, nothing else). The same seed gives the same files.
Check digits are computed here, independently of ingest/redact/check-digits.ts.
"""
import hashlib
import json
import random
import uuid
from pathlib import Path

random.seed(20261124)
R = random
HERE = Path(__file__).parent


def digits(n, first=None):
    text = "".join(R.choice("0123456789") for _ in range(n))
    return (first + text[len(first):]) if first else text


def token(n, alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"):
    return "".join(R.choice(alphabet) for _ in range(n))


def luhn(body):
    for check in "0123456789":
        total = 0
        for index, char in enumerate(reversed(body + check)):
            value = int(char) * (2 if index % 2 else 1)
            total += value - 9 if value > 9 else value
        if total % 10 == 0:
            return body + check


def wrong_last(text):
    """The same with the last digit off by one: no check digit survives that."""
    for index in range(len(text) - 1, -1, -1):
        if text[index].isdigit():
            return text[:index] + str((int(text[index]) + 1) % 10) + text[index + 1:]


def groups(text, sizes, sep=" "):
    out, at = [], 0
    for size in sizes:
        out.append(text[at:at + size])
        at += size
    return sep.join(part for part in out if part)


# Published test numbers of the card networks and of payment providers.
CARDS = ["4111111111111111", "4242424242424242", "4000056655665556", "5555555555554444", "5200828282828210",
         "5105105105105100", "2223003122003222", "6011111111111117", "6011000990139424", "3566002020360505",
         "6200000000000005", "4012888888881881"]
AMEX = ["378282246310005", "371449635398431"]
DINERS = ["30569309025904", "36227206271667"]


def card():
    kind = R.randrange(8)
    if kind == 0:
        number = R.choice(AMEX)
        return R.choice([number, groups(number, [4, 6, 5]), groups(number, [4, 6, 5], "-")])
    if kind == 1:
        number = R.choice(DINERS)
        return R.choice([number, groups(number, [4, 6, 4])])
    number = R.choice(CARDS) if kind < 5 else luhn(R.choice(["4", "51", "53", "2300"]) .ljust(4, "7") + digits(11))
    return R.choice([number, groups(number, [4, 4, 4, 4]), groups(number, [4, 4, 4, 4], "-")])


# Examples of the SWIFT registry, and others with computed check digits.
IBANS = ["GB29NWBK60161331926819", "DE89370400440532013000", "FR1420041010050500013M02606", "ES9121000418450200051332",
         "IT60X0542811101000000123456", "NL91ABNA0417164300", "CH9300762011623852957", "BE68539007547034",
         "AT611904300234573201", "SE4550000000058398257466", "NO9386011117947", "PL61109010140000071219812874",
         "PT50000201231234567890154", "IE29AIBK93115212345678", "SA0380000000608010167519", "BR1800360305000010009795493C1"]


def iban():
    number = R.choice(IBANS)
    if R.random() < 0.5:
        body = digits(18)
        value = int("".join(str(int(c, 36)) for c in body + "DE00"))
        number = f"DE{98 - value % 97:02d}{body}"
    return R.choice([number, groups(number, [4] * 9)])


def email():
    first = R.choice(["jane", "m.mueller", "o'neil.pat", "user+tag", "a_b", "ana-maria.lopez", "jürgen", "info", "x1987", "J.Doe99"])
    host = R.choice(["example.com", "example.org", "mail.example.co.uk", "example.de", "sub-domain.example.net", "exämple.fr",
                     "example.museum", "ex-1.example.io", "xn--exmple-cua.example.com", "163.example.cn"])
    return f"{first}@{host}"


# Ranges that the regulators keep for films and documents: NANPA 555-01xx, Ofcom, ARCEP, ACMA, Bundesnetzagentur, PTS.
def us_phone():
    line = f"555-01{R.randrange(100):02d}"
    area = R.choice(["212", "415", "303", "617", "808"])
    return R.choice([f"({area}) {line}", f"{area}-{line}", f"+1 {area}-{line}", f"+1 ({area}) {line}", f"{area}.{line.replace('-', '.')}",
                     f"+1{area}{line.replace('-', '')}", f"1-{area}-{line}"])


def world_phone():
    two = f"{R.randrange(100):02d}"
    three = f"{R.randrange(100, 1000)}"
    return R.choice([f"020 7946 0{three}", f"+44 20 7946 0{three}", f"+44 7700 900{three}", f"07700 900{three}", f"(0113) 496 0{three}",
                     f"01 99 00 {two} {two}", f"06 39 98 {two} {two}", f"+33 6 39 98 {two} {two}", f"0491 570 {three}",
                     f"030 23125 {three}", f"+49 30 23125{three}", f"0171/39200{two}", f"+46 70-174 06 {two}", f"070-174 06 {two}",
                     f"+39 06 698{three}12", f"+34 612 34 {two} {two}", f"+55 11 9{three}5-43{two}", f"(11) 9{three}5-43{two}",
                     f"+91 98765 4{three}0", f"+81 3-1234-5{three}", f"03-1234-5{three}", f"+86 138 0013 8{three}", f"+31 6 12345{three}",
                     f"+353 20 911 5{three}", f"0049 30 23125{three}", f"8 (495) 123-45-{two}", f"+7 495 123-45-{two}", f"010-1234-5{three}"])


def local_phone():
    """Only a word beside it says what it is."""
    two = f"{R.randrange(100):02d}"
    return R.choice([f"612 34 {two} {two}", f"91234 5{two}21", f"4155550{two}1", f"98765432{two}", f"601 234 5{two}"])


def ssn():
    return f"{R.choice([536, 219, 457, 321])}-{R.randrange(10, 99)}-{R.randrange(1000, 9999)}"


def verhoeff(body):
    d = [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 3, 4, 0, 6, 7, 8, 9, 5], [2, 3, 4, 0, 1, 7, 8, 9, 5, 6], [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
         [4, 0, 1, 2, 3, 9, 5, 6, 7, 8], [5, 9, 8, 7, 6, 0, 4, 3, 2, 1], [6, 5, 9, 8, 7, 1, 0, 4, 3, 2], [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
         [8, 7, 6, 5, 9, 3, 2, 1, 0, 4], [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]]
    p = [list(range(10)), [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]]
    for i in range(2, 8):
        p.append([p[i - 1][p[1][j]] for j in range(10)])
    for check in range(10):
        c = 0
        for i, char in enumerate(reversed(body + str(check))):
            c = d[c][p[i % 8][int(char)]]
        if c == 0:
            return body + str(check)


def cpf():
    body = digits(9)
    for count in (10, 11):
        total = sum(int(c) * w for c, w in zip(body, range(count, 1, -1))) * 10 % 11 % 10
        body += str(total)
    return f"{body[:3]}.{body[3:6]}.{body[6:9]}-{body[9:]}"


def steuer():
    while True:
        first = R.sample("0123456789", 9)
        body = first + [R.choice(first)]
        R.shuffle(body)
        if body[0] != "0":
            break
    product = 10
    for char in body:
        total = (int(char) + product) % 10 or 10
        product = total * 2 % 11
    return "".join(body) + str((11 - product) % 10)


def nir():
    body = f"{R.choice('12')}{R.randrange(30, 99)}{R.randrange(1, 13):02d}{R.randrange(1, 96):02d}{digits(6)}"
    text = body + f"{97 - int(body) % 97:02d}"
    return R.choice([text, groups(text, [1, 2, 2, 2, 3, 3, 2])])


def dni():
    number = digits(8)
    letter = "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23]
    if R.random() < 0.3:
        number = digits(7)
        return f"X{number}" + "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23]
    return number + R.choice(["", "-"]) + letter


def chinese():
    body = f"110105{R.randrange(1950, 2005)}{R.randrange(1, 13):02d}{R.randrange(1, 29):02d}{digits(3)}"
    total = sum(int(c) * pow(2, 17 - i, 11) for i, c in enumerate(body))
    return body + "10X98765432"[total % 11]


def nhs():
    while True:
        body = "9" + digits(8)
        check = 11 - sum(int(c) * w for c, w in zip(body, range(10, 1, -1))) % 11
        if check != 10:
            return groups(body + str(check % 11), [3, 3, 4])


def bsn():
    while True:
        body = "1" + digits(7)
        rest = sum(int(c) * w for c, w in zip(body, range(9, 1, -1))) % 11
        if rest != 10:
            return body + str(rest)


def pesel():
    body = f"{R.randrange(50, 99)}{R.randrange(1, 13):02d}{R.randrange(1, 29):02d}{digits(4)}"
    return body + str(-sum(int(c) * w for c, w in zip(body, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3])) % 10)


def swedish():
    body = f"{R.randrange(50, 99)}{R.randrange(1, 13):02d}{R.randrange(1, 29):02d}{digits(3)}"
    text = luhn(body)
    return f"{text[:6]}-{text[6:]}"


def aadhaar():
    return groups(verhoeff(R.choice("23456789") + digits(10)), [4, 4, 4])


def nino():
    return f"{R.choice(['AB', 'CE', 'JG', 'PX'])} {groups(digits(6), [2, 2, 2])} {R.choice('ABCD')}"


def sin():
    return groups(luhn("0" + digits(7)), [3, 3, 3])


# From the published description of the code and its examples.
FISCAL = ["RSSMRA85T10A562S", "MRTMTT91D08F205J", "MLLSNT82P65Z404U"]


def ipv4():
    return R.choice(["192.0.2", "198.51.100", "203.0.113", "10.20.3", "192.168.1"]) + f".{R.randrange(1, 255)}"


def ipv6():
    return R.choice([f"2001:db8::{token(4, '0123456789abcdef')}:{R.randrange(1, 9999)}", f"2001:db8:85a3:0:0:8a2e:370:{R.randrange(1000, 9999)}",
                     f"fe80::1ff:fe23:4567:{token(3, '0123456789')}a", f"2001:DB8:0:12::{R.randrange(10, 99)}"])


def secret():
    return R.choice([
        lambda: "sk-" + token(20) + "T3BlbkFJ" + token(20), lambda: "sk-proj-" + token(48), lambda: "sk-ant-api03-" + token(86) + "-" + token(6) + "AA",
        lambda: "AKIA" + token(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), lambda: "AIza" + token(35), lambda: "ghp_" + token(36),
        lambda: "github_pat_" + token(22) + "_" + token(59), lambda: "xoxb-" + digits(12, "1") + "-" + digits(12, "2") + "-" + token(24),
        lambda: "sk_live_" + token(24), lambda: "hf_" + token(34, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"), lambda: "glpat-" + token(20),
        lambda: "SG." + token(22) + "." + token(43), lambda: "npm_" + token(36), lambda: "gsk_" + token(52),
        lambda: "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." + "eyJ" + token(40) + "." + token(43), lambda: "whsec_" + token(32),
    ])()


def odd_phone():
    """As people also write them."""
    two, three = f"{R.randrange(100):02d}", f"{R.randrange(100, 1000)}"
    return R.choice([f"+49 (0) 30/23125-{three}", f"+49-30-23125{three}", f"+44(0)2079460{three}", f"0207 946 0{three}", f"+1.415.555.01{two}",
                     f"+33.6.39.98.{two}.{two}", f"06.39.98.{two}.{two}", f"030-23125{three}", f"0 30 / 23 12 5{three}", f"+1 415 555 01{two}",
                     f"00 49 30 23125{three}", f"(0) 7700 900{three}"])


def compact_phone():
    return R.choice([f"41555501{R.randrange(100):02d}", f"02079460{R.randrange(100, 1000)}", f"06399812{R.randrange(10, 100)}", f"+1415555{R.randrange(100, 200):04d}"])


def odd_card():
    number = R.choice(CARDS)
    return R.choice([groups(number, [4, 4, 4, 4], "."), groups(number, [4, 4, 4, 4], "\u00a0"), groups(number, [8, 8]), groups(number, [4, 4, 4, 4], "  "),
                     groups(number, [4, 4, 4, 4], "\u2013")])


def pem():
    kind = R.choice(["RSA ", "EC ", "OPENSSH ", ""])
    body = "\n".join(token(64) for _ in range(3))
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{body}\n-----END {kind}PRIVATE KEY-----"


def ean():
    body = "400" + digits(9)
    return body + str(-sum(int(c) * (3 if i % 2 else 1) for i, c in enumerate(body)) % 10)


MORE = {"odd": ("phone", odd_phone), "compact": ("phone", compact_phone), "oddcard": ("card", odd_card), "loweriban": ("iban", lambda: iban().lower()),
        "plainssn": ("ssn", lambda: R.choice([ssn().replace("-", ""), ssn().replace("-", " ")])), "plaincpf": ("national_id", lambda: "".join(filter(str.isdigit, cpf()))),
        "aws": ("secret", lambda: token(40)), "pem": ("secret", pem), "azure": ("secret", lambda: token(86) + "=="), "hex32": ("secret", lambda: token(32, "abcdef0123456789")),
        "pw": ("secret", lambda: token(12)), "slack": ("secret", lambda: "T" + token(8, "ABCDEFGH0123456789") + "/B" + token(8, "ABCDEFGH0123456789") + "/" + token(24))}

VALUES = {"email": email, "us": us_phone, "phone": world_phone, "local": local_phone, "card": card, "iban": iban, "ssn": ssn, "cpf": cpf, "steuer": steuer,
          "nir": nir, "dni": dni, "cn": chinese, "nhs": nhs, "bsn": bsn, "pesel": pesel, "se": swedish, "aadhaar": aadhaar, "nino": nino, "sin": sin,
          "cf": lambda: R.choice(FISCAL), "ip": ipv4, "ip6": ipv6, "secret": secret}
KIND = {"us": "phone", "local": "phone", "ip6": "ip"} | {k: "national_id" for k in
        ["cpf", "steuer", "nir", "dni", "cn", "nhs", "bsn", "pesel", "se", "aadhaar", "nino", "sin", "cf"]}

VALUES |= {name: make for name, (_, make) in MORE.items()}
KIND |= {name: kind for name, (kind, _) in MORE.items()}

POSITIVE = (HERE / "positive.txt").read_text().splitlines()
NEGATIVE = (HERE / "negative.txt").read_text().splitlines()

HEX = "0123456789abcdef"
THINGS = {
    "uuid": lambda: str(uuid.UUID(int=R.getrandbits(128), version=4)), "md5": lambda: hashlib.md5(digits(9).encode()).hexdigest(),
    "sha": lambda: hashlib.sha256(digits(9).encode()).hexdigest(), "git": lambda: token(40, HEX), "short": lambda: token(7, HEX),
    "n5": lambda: digits(5, "4"), "n7": lambda: digits(7, "3"), "n8": lambda: digits(8, "7"), "n10": lambda: digits(10, "8"), "n12": lambda: digits(12, "7"),
    "n9": lambda: digits(9, "9"), "n14": lambda: digits(14, "8"), "n16": lambda: digits(16, "9"), "n18": lambda: digits(18, "1"), "badcard": lambda: wrong_last(R.choice(CARDS)),
    "badcard4": lambda: groups(wrong_last(R.choice(CARDS)), [4, 4, 4, 4]), "badiban": lambda: wrong_last(R.choice(IBANS[:10])),
    "badcpf": lambda: wrong_last(cpf()), "badcf": lambda: "RSSMRA85T10A562" + R.choice("ABCD"), "version": lambda: f"{R.randrange(1, 30)}.{R.randrange(30)}.{R.randrange(30)}",
    "v4": lambda: f"{R.randrange(1, 30)}.{R.randrange(30)}.{R.randrange(30)}.{R.randrange(250)}", "date": lambda: f"20{R.randrange(10, 26)}-{R.randrange(1, 13):02d}-{R.randrange(1, 29):02d}",
    "dmy": lambda: f"{R.randrange(1, 29):02d}.{R.randrange(1, 13):02d}.20{R.randrange(10, 26)}", "mdy": lambda: f"{R.randrange(1, 13):02d}/{R.randrange(1, 29):02d}/20{R.randrange(10, 26)}",
    "time": lambda: f"{R.randrange(24):02d}:{R.randrange(60):02d}:{R.randrange(60):02d}", "epoch": lambda: str(R.randrange(1_500_000_000, 1_800_000_000)),
    "ms": lambda: str(R.randrange(1_500_000_000_000, 1_800_000_000_000)), "ns": lambda: str(R.randrange(15 * 10**17, 18 * 10**17)),
    "mac": lambda: ":".join(token(2, HEX) for _ in range(6)), "float": lambda: f"{R.random():.15f}", "isbn": lambda: R.choice(["978-3-16-148410-0", "978-0-306-40615-7", "9780306406157", "0-306-40615-2"]),
    "ean": ean, "base64": lambda: token(60) + "==", "money": lambda: f"{R.randrange(1, 999)},{R.randrange(1000):03d},{R.randrange(1000):03d}",
}


def utf16(text):
    return len(text.encode("utf-16-le")) // 2


def fill(template):
    text, spans = "", []
    while "{" in template:
        before, rest = template.split("{", 1)
        name, template = rest.split("}", 1)
        text += before
        if name in VALUES:
            value = VALUES[name]()
            spans.append({"kind": KIND.get(name, name), "start": utf16(text), "end": utf16(text + value)})
        else:
            value = THINGS[name]()
        text += value
    return text + template, spans


def main():
    halves = {"tune": [], "final": []}
    for name, templates, times in (("positive", POSITIVE, 4), ("negative", NEGATIVE, 2)):
        lines = [line.replace("\\n", "\n").replace("<<", "\u0001").replace(">>", "\u0002") for line in templates if line and not line.startswith("# ")]
        R.shuffle(lines)
        # A template is in one half only, so that the final half has wordings that nobody looked at.
        for index, line in enumerate(lines):
            for _ in range(times):
                text, spans = fill(line)
                text = text.replace("\u0001", "{").replace("\u0002", "}")
                halves["tune" if index % 2 == 0 else "final"].append({"text": text, "spans": spans})
    for name, rows in halves.items():
        (HERE / f"{name}.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
        print(name, len(rows), "texts,", sum(len(row["spans"]) for row in rows), "spans")


main()
