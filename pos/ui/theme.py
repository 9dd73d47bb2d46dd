"""Every colour of the program by its role, light and dark, and how well one reads on another."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_TABLE = """
bg F4F3EF 12161C
surface FFFFFF 1A2029
sunken ECEAE4 151A22
hover F0F3FA 212936
selected E4ECFC 22304C
line DDDAD2 2E3744
strong 87847B 75808F
text 16181D ECEFF4
text2 50545C B0B9C6
text3 666A72 919CAB
accent 1F52C8 3464D2
accenthover 1945AC 3C6CDA
accentpress 133689 2A55BB
onaccent FFFFFF FFFFFF
accentcap 1945AC 2A55BB
accentsoft E9EFFC 1C2942
accentline AFC4F3 3A5590
accenttext 1B48B4 9DBDFF
focus 1F52C8 8FB3FF
ok 1D7A45 3FB574
oksoft E3F3E8 16301F
okline 9CCFAE 2F6B48
oktext 14643A 7FDDA6
warn B26A00 E0A030
warnsoft FDF0D5 33270F
warnline E3B65F 80601E
warntext 7C4A00 F5C667
bad BF2A26 E5605A
badsoft FCE8E6 3A1B1B
badline E7A9A3 8A3A37
badtext A3201D FFA59E
onbad FFFFFF 1A0605
sup 6A43B5 9C7BE8
supsoft F0EAFB 281F3D
supline C9B4EC 5B4690
suptext 57359B CBB6FF
onsup FFFFFF 150B2B
dis E6E3DC 252C37
distext 8F8D86 707B8A
frame 182234 0B0F16
frame2 24314A 1B2433
frameline 34435F 2A3546
frametext F3F5F9 E9EDF3
frametext2 AEB9CB 9DA9BA
framebar 7FA8FF 7FA8FF
frameok 6BD69A 6BD69A
framewarn F7C25C F7C25C
framebad FF9A90 FF9A90
frameoff 8E9AAE 7C889B
b1 9DB9F2 B9CEFB
b2 4F7DDB 6F98F2
b3 173E98 3F68C6
s1 1F52C8 7FA6FF
s2 0E8A83 4CC3BA
s3 B7791F E2B25A
s4 8B4A9C CF97DE
grid E6E3DB 27303C
paper FFFFFF E9E7E1
ink 16181D 16181D
"""

_ROWS = [line.split() for line in _TABLE.strip().splitlines()]

LIGHT: Mapping[str, str] = MappingProxyType({role: f"#{light}" for role, light, _ in _ROWS})
DARK: Mapping[str, str] = MappingProxyType({role: f"#{dark}" for role, _, dark in _ROWS})
THEMES: Mapping[str, Mapping[str, str]] = MappingProxyType({"light": LIGHT, "dark": DARK})


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours (`#RRGGBB`), 1 to 21, as WCAG 2.2 defines it."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
