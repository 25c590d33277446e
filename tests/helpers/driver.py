"""Move every control of a notebook's cell in the browser, and say what goes wrong.

    troubles = drive(page, cell)

Each slider is dragged to both ends and back, each choice is made, each box ticked and unticked,
each field typed into with what is no number and again with what stood there, and each button
pressed; drawers are opened on the way. After each move the kernel is waited for. Trouble is an
error in an output, a picture that is empty or has another size or place, a control without a
label, a drawer that moves the page, or a control that leaves the picture of an experiment as it
is, also when all sliders stand at their ends. A game's settings need not change its picture as
long as it pauses, but playing it must.
"""

from collections.abc import Callable

from playwright.sync_api import Locator, Page

from gan_edu.language import gettext, languages
from tests.helpers.tongue import speaking


def in_each_language(text: str) -> list[str]:
    told = []
    for language in languages():
        with speaking(language):
            told.append(gettext(text))
    return told


JUMP = 2  # pixels
PLAY, ITERATE = in_each_language("Play"), in_each_language("One iteration")
# Buttons that make room for a second picture, and what they say then: pressed again, they bring the
# first one back to where it was.
REARRANGING = dict(zip(in_each_language("Compare"), in_each_language("One game"), strict=True))
PATIENCE = 3000  # milliseconds for a picture that must change
NO_NUMBERS = ["nan", "inf", "", "1e308", "-1e308", "ten"]
ERRORS = "[data-mime-type='application/vnd.jupyter.error'], [data-mime-type$='stderr']"
# Wait for what the kernel has been told; return the errors of an output, and what its picture is:
# its place and size, whether anything is on it, and a number that stands for its pixels and those
# of a plane beside it. Later moves of a slider are drawn in a thread of the kernel's that one
# cannot wait for: so a picture that is still `before` is looked at again until `patience` is over.
LOOK = """async (output, [before, patience]) => {
    const later = wait => new Promise(done => setTimeout(done, wait));
    const context = window.jupyterapp.shell.currentWidget.context;
    const kernel = context.sessionContext.session.kernel;
    await kernel.requestExecute({code: '0', store_history: false}).done;
    const look = async () => {
        const found = output.querySelectorAll("ERRORS");
        const errors = [...found].map(error => error.innerText).filter(words => words.trim());
        const image = output.querySelector('.jupyter-widgets img');
        if (!image) return {errors};
        for (let wait = 0; wait < 100 && !(image.complete && image.naturalWidth); wait++)
            await later(50);
        const box = image.getBoundingClientRect();
        const home = image.closest('.jp-OutputArea').getBoundingClientRect();
        const parts = [image, ...output.querySelectorAll('.gan-plane canvas')];
        const width = 450 * parts.length;
        const canvas = Object.assign(document.createElement('canvas'), {width, height: 200});
        const pen = canvas.getContext('2d', {willReadFrequently: true});
        parts.forEach((part, i) => pen.drawImage(part, 450 * i, 0, 450, 200));
        const pixels = new Uint32Array(pen.getImageData(0, 0, width, 200).data.buffer);
        const seen = pixels.reduce((sum, pixel) => Math.imul(sum ^ pixel, 16777619), 0);
        const frame = {left: box.left - home.left, top: box.top - home.top, width: box.width,
                       height: box.height};
        return {errors, frame, seen, empty: pixels.every(pixel => pixel === pixels[0])};
    };
    const start = performance.now();
    for (;;) {
        const now = await look();
        if (now.errors.length || now.seen !== before || performance.now() - start > patience)
            return now;
        await later(15);
    }
}""".replace("ERRORS", ERRORS)
# Whether a control is seen for the first time: each is moved once, not again with each drawer.
IS_NEW = "part => !part.moved && (part.moved = true)"
NAME = """part => [...part.closest('.widget-inline-hbox')?.querySelectorAll(
    '.widget-label, .widget-label-basic') || []].map(label => label.innerText).join('')"""


def drive(page: Page, cell: Locator, texts: list[str] = NO_NUMBERS) -> list[str]:
    """Move all controls of a code cell's output; return a sentence for each trouble.

    `texts` are what is typed into each number's field.
    """
    return _Drive(page, cell, texts).everything()


def labels(cell: Locator) -> tuple[str, ...]:
    """Return the words on all controls of a cell's output, also of those in a closed drawer.

    The line of a diagnosis does not count: it says how a game stands.
    """
    return tuple(cell.locator(".widget-label, button:not(.gan-diagnosis)").all_text_contents())


class _Drive:
    def __init__(self, page: Page, cell: Locator, texts: list[str]):
        self.page = page
        self.texts = texts
        self.output = cell.locator(".jp-OutputArea").first
        self.troubles = []
        self.moves = 0
        self.start = self.now = self._look(None, 0)
        buttons = self.output.locator("button").all_inner_texts()
        self.plays = any(words.strip() in ITERATE for words in buttons)

    def everything(self) -> list[str]:
        self._each_control()
        for header in self.output.locator(".jupyter-widget-Collapse-header").all():
            before = header.bounding_box()["y"]
            self._act("a drawer opened", header.click)
            if abs(header.bounding_box()["y"] - before) > JUMP:
                self.troubles.append("the page scrolls when a drawer is opened")
            self._each_control()
            self._act("a drawer closed", header.click)
        self._each_field()
        self._each_button()
        return self.troubles

    def _visible(self, selector: str) -> list[Locator]:
        return [found for found in self.output.locator(selector).all() if found.is_visible()]

    def _new(self, selector: str) -> list[Locator]:
        return [found for found in self._visible(selector) if found.evaluate(IS_NEW)]

    def _each_control(self) -> None:
        for handle in self._new(".noUi-handle"):
            self._each_end(handle)
        for field in self._new(".widget-readout[contenteditable=true]"):
            if field.evaluate("field => getComputedStyle(field).pointerEvents") == "none":
                continue  # of a choice: it cannot be clicked into
            name = self._named(field)
            stood = field.inner_text()
            for text in [*self.texts, stood]:
                self._act(f"{name}: {text!r} typed", lambda f=field, t=text: type_into(f, t))
                if text == "ten" and field.inner_text() == text:
                    self.troubles.append(f"{name}: {text!r} stays, but nothing takes it")
        for menu in self._new("select"):
            name = self._named(menu)
            options = menu.locator("option").all_inner_texts()
            choices = [lambda m=menu, o=option: m.select_option(o) for option in options]
            self._must_change(name, [*choices, choices[0]])
        for box in self._new("input[type=checkbox]"):
            self._must_change(self._named(box), [box.click, box.click])

    def _each_end(self, handle: Locator) -> None:
        """Drag a slider to both ends and back to where it was, and take a step by the keyboard."""
        handle.scroll_into_view_if_needed()
        name = self._named(handle)
        track = handle.locator("xpath=ancestor::*[@class='noUi-base']")
        place = track.bounding_box()
        here = handle.bounding_box()
        start = here["x"] + here["width"] / 2
        ends = place["x"] - 30, place["x"] + place["width"] + 30, start
        drags = [lambda to=end: _drag(self.page, handle, to) for end in ends]
        self._must_change(name, [*drags, lambda: handle.press("ArrowLeft")])

    def _each_field(self) -> None:
        for field in self._visible("input[type=text]"):
            self._act("a field typed into", lambda f=field: f.press_sequentially("tfx nan"))

    def _each_button(self, *but: str) -> None:
        for button in self._visible("button"):
            name = self._words_on(button)
            leads_nowhere = button.get_attribute("aria-disabled") == "true"
            if name in REARRANGING:
                self._rearrange(button, name)
            elif name not in but and not leads_nowhere:
                self._press(button, name)

    def _press(self, button: Locator, name: str) -> None:
        before = self.now.get("seen")
        self._act(f"button {name}", button.click, PATIENCE if name in PLAY else 60)
        if name in PLAY:  # it says Pause now
            if self.now["seen"] == before:
                self.troubles.append("a game that plays does not change its picture")
            self._act("button Pause", button.click)

    def _rearrange(self, button: Locator, name: str) -> None:
        """Make room for a second picture, press all other buttons there, and come back."""
        back, start = REARRANGING[name], self.start
        self._act(f"button {name}", button.click, stays=False)
        button.filter(has_text=back).wait_for()  # said by the drawing that the next look waits for
        self.start = self.now = self._look(None, 0)
        self._each_button(back)
        self.start = start
        self._act(f"button {back}", button.click)

    def _words_on(self, button: Locator) -> str:
        name = (button.inner_text() or button.get_attribute("title") or "").strip()
        name = name or button.evaluate("part => part.closest('[title]')?.title || ''")
        if not name:
            self.troubles.append("a button has neither a word nor a title")
        return name

    def _named(self, part: Locator) -> str:
        """Return the label of the control that `part` belongs to."""
        label = part.evaluate(NAME).replace("\u200b", "").strip()
        if not label:
            self.troubles.append("a control has no label")
        return label or "?"

    def _must_change(self, name: str, moves: list[Callable]) -> None:
        """Make all moves; one of them at least must change the picture of an experiment."""
        seen = set()  # without the one before, which may be the same picture, but sharp
        for patience in (100, PATIENCE):
            for move in moves:
                self._act(name, move, patience)
                seen.add(self.now.get("seen"))
            if self.plays or len(seen) > 1 or None in seen:
                return
            self._leave_the_start()
        self.troubles.append(f"{name}: nothing changes the picture")

    def _leave_the_start(self) -> None:
        """Pull all sliders to their ends: a figure that opens before the first move asks for it."""
        for handle in self._visible(".noUi-handle"):
            self._act("a slider's end", lambda h=handle: h.press("End"))

    def _act(self, what: str, act: Callable, patience: int = 60, stays: bool = True) -> None:
        """Do it, and say what is wrong then; the picture `stays` where it is."""
        before = self.now.get("seen")
        act()
        self.moves += 1
        self.now = self._look(before, patience)
        if self.now["errors"]:
            self.troubles.append(f"{what}: {self.now['errors'][0][-300:]}")
        if self.now.get("empty"):
            self.troubles.append(f"{what}: the picture is empty")
        places = self.start.get("frame", {})
        jumps = {side: self.now["frame"][side] - at for side, at in places.items()}
        if stays and any(abs(jump) > JUMP for jump in jumps.values()):
            self.troubles.append(f"{what}: the picture jumps by {jumps}")

    def _look(self, before: int | None, patience: int) -> dict:
        return self.output.evaluate(LOOK, [before, patience])


def _drag(page: Page, handle: Locator, to: float) -> None:
    """Take hold of a slider's handle, and let go of it at the x-coordinate `to`."""
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(to, box["y"] + box["height"] / 2, steps=3)
    page.mouse.up()


def type_into(field: Locator, text: str) -> None:
    """Type a text in the place of what stands in an editable field, and press Enter."""
    field.fill(text)
    field.press("Enter")
