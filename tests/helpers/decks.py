"""A deck of slides in Chromium, offline, and what leaves its slides."""

from pathlib import Path

WIDTH, HEIGHT = 1280, 720
LEAST = 750  # pixels that a course's picture, 900 wide, must keep; a class has to read its labels

# For each slide, with all its fragments shown: by how many pixels which cell leaves the slide or,
# for a picture, how wide it is left.
MEASURE = """([width, height, least]) => Reveal.getSlides().map((slide, i) => {
    const {h, v} = Reveal.getIndices(slide), found = {};
    Reveal.slide(h, v, 1000);
    const note = (part, what, pixels) => {
        const cell = part.closest('.jp-Cell').id.replace('cell-id=', '');
        found[`slide ${i + 1}, cell ${cell}: ${what}`] =
            Math.max(pixels, found[`slide ${i + 1}, cell ${cell}: ${what}`] || 0);
    };
    for (const part of slide.querySelectorAll('h1, h2, h3, p, li, td, pre, img, mjx-container')) {
        const box = part.getBoundingClientRect();
        const right = Math.max(box.right, box.left + (part.tagName == 'PRE' && part.scrollWidth));
        if (box.bottom > height) note(part, 'pixels too low', Math.ceil(box.bottom - height));
        if (right > width) note(part, 'pixels too far right', Math.ceil(right - width));
        if (box.left < 0) note(part, 'pixels too far left', Math.ceil(-box.left));
        if (part.tagName == 'IMG') {
            const shown = Math.min(box.width, box.height * part.naturalWidth / part.naturalHeight);
            const wanted = least * Math.min(1, part.naturalWidth / 1800);  // a square has less
            if (!(shown >= wanted)) note(part, 'a picture with a width of only', Math.round(shown));
        }
    }
    return Object.entries(found).map(([what, pixels]) => `${what}: ${pixels}`);
}).flat()"""


def opened(browser, path: Path):
    """Open a deck from the disk, offline; return its tab and what it asks or complains of."""
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, offline=True)
    tab, notes = context.new_page(), []
    tab.on("request", lambda r: r.url.startswith(("data:", path.as_uri())) or notes.append(r.url))
    tab.on("pageerror", lambda error: notes.append(str(error)))
    tab.on("console", lambda message: notes.append(message.text))
    tab.goto(path.as_uri())
    tab.wait_for_function("() => window.Reveal?.isReady()")
    return tab, notes
