#!/usr/bin/env python3
"""Makes src/server/mail_check/caniemail.tsv from the JSON of the npm package "caniemail": caniemail.py caniemail.json > caniemail.tsv

One feature a line: what it is found by, its title, its page, and one letter for each mail client, the newest version tested:
y supported, a partly, n not, u or - unknown.
"""
import json
import re
import sys

data = json.load(open(sys.argv[1], encoding="utf-8"))
names = data["nicenames"]
PLATFORM = {"desktop-webmail": "web", "mobile-webmail": "mobile web", "desktop-app": "desktop", "outlook-com": "web"}

seen = {}
for feature in data["data"]:
    for family, platforms in feature["stats"].items():
        for platform in platforms:
            seen[family, platform] = seen.get((family, platform), 0) + 1
# Clients that were tested with a few features only would say little.
clients = [client for client, count in seen.items() if count > 200]


def client_name(client):
    family, platform = client
    return f"{names['family'][family]} ({PLATFORM.get(platform, names['platform'][platform])})"


def letter(feature, client):
    family, platform = client
    versions = feature["stats"].get(family, {}).get(platform, {})
    return versions[max(versions)][0] if versions else "-"


MEDIA = {
    "css-at-media-device-pixel-ratio": "device-pixel-ratio",
    "css-at-media-hover": "hover",
    "css-at-media-orientation": "orientation",
    "css-at-media-prefers-color-scheme": "prefers-color-scheme",
    "css-at-media-prefers-reduced-motion": "prefers-reduced-motion",
}
FUNCTIONS = {
    "css-unit-calc": "calc", "css-variables": "var", "css-function-clamp": "clamp", "css-function-max": "max",
    "css-function-min": "min", "css-function-light-dark": "light-dark", "css-modern-color": "lch,oklch,lab,oklab",
    "css-rgb": "rgb", "css-rgba": "rgba", "css-linear-gradient": "linear-gradient",
    "css-radial-gradient": "radial-gradient", "css-conic-gradient": "conic-gradient",
}
PROPERTIES = {  # whose titles are no property names
    "css-border-inline-block-individual", "css-border-inline-block-longhand", "css-border-radius-logical",
    "css-column-layout-properties", "css-grid-template", "css-inset", "css-margin-block-start-end",
    "css-margin-inline-block", "css-margin-inline-start-end", "css-padding-block-start-end",
    "css-padding-inline-block", "css-padding-inline-start-end", "css-block-inline-size", "css-border-inline-block",
}
ELEMENTS = {
    "html-lists": "ul,ol,dl", "html-h1-h6": "h1,h2,h3,h4,h5,h6", "html-image-maps": "map", "html-svg": "svg",
    "html-address": "address", "html-semantics": None, "html-object": "object,embed", "html-select": "select",
}
ATTRIBUTES = {"html-srcset": "srcset,sizes"}


def found_by(feature):
    slug, title, keywords = feature["slug"], feature["title"].strip(), feature["keywords"] or ""
    listed = keywords.replace(" ", "")
    if slug in MEDIA:
        return "media", MEDIA[slug]
    if slug in FUNCTIONS:
        return "function", FUNCTIONS[slug]
    if slug in PROPERTIES:
        props = listed
        if slug == "css-padding-block-start-end":
            props = "padding-block-start,padding-block-end"
        return "property", props
    if slug == "css-gap":
        return "property", "gap,column-gap,row-gap"
    if slug == "css-left-right-top-bottom":
        return "property", "left,right,top,bottom"
    if slug in ELEMENTS:
        return "element", ELEMENTS[slug] or listed
    if slug in ATTRIBUTES:
        return "attribute", ATTRIBUTES[slug]
    if slug.startswith("css-at-"):
        return "at-rule", title.split()[0].lstrip("@")
    if slug.startswith("css-unit-") and re.fullmatch(r"[a-z]+ unit", title) and "initial" not in title:
        return "unit", title.split()[0]
    if slug.startswith("css-pseudo-"):
        return "pseudo", re.sub(r"[:()]", "", title)
    pair = re.fullmatch(r"([a-z-]+):\s*([a-z]+)", title)
    if pair:
        return "value", f"{pair[1]}:{pair[2]}"
    if feature["category"] == "css":
        name = re.sub(r" (shorthand|property|CSS property)$", "", title).strip()
        if slug == "css-important":
            return "function", "!important"
        if re.fullmatch(r"[a-z-]+", name) and name != "scroll-snap":
            return "property", name
        return None
    typed = re.search(r'<(\w+) type="(\w+)">', title)
    if typed:
        return "pair", f"{typed[1]}:{typed[2]}"
    element = re.search(r"<(\w+)>", title)
    if element:
        return "element", element[1]
    attribute = re.fullmatch(r"([a-z-]+) attribute", title)
    if attribute:
        return "attribute", attribute[1]
    return None


print(f"# Which mail clients support which HTML and CSS: data of caniemail.com, tested until {data['last_update_date'][:10]}, as in the")
print("# npm package caniemail 1.0.5, trimmed by scripts/caniemail.py. MIT licence: see caniemail.LICENSE beside this file.")
print("#" + "\t".join(client_name(client) for client in clients))
for feature in sorted(data["data"], key=lambda feature: feature["slug"]):
    found = found_by(feature)
    letters = "".join(letter(feature, client) for client in clients)
    # What every client supports, nobody needs to be told of.
    if found and ("n" in letters or "a" in letters):
        kind, keys = found
        print("\t".join([kind, keys, feature["title"].strip(), feature["slug"], letters]))
