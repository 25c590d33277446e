"""Move every control of a notebook's cell in the browser, and say what goes wrong.

    troubles = drive(page, cell)

Each slider goes to both ends and back, each choice is made, each box ticked and unticked, each
field typed into with what is no number, and each button pressed; drawers are opened on the way.
After each move the kernel is waited for. Trouble is an error in an output, a picture that is empty
or has another size or place, a control without a label, or a picture that nothing changes.
"""

import lab
from playwright.sync_api import Locator, Page

JUMP = 2  # pixels
NO_NUMBERS = ["nan", "inf", "", "1e308", "-1e308", "ten"]
ERRORS = ".jp-RenderedText[data-mime-type='application/vnd.jupyter.error']"


def drive(page: Page, cell: Locator) -> list[str]:
    """Move all controls of a code cell's output; return a sentence for each trouble."""
    return _Drive(page, cell).everything()


class _Drive:
    def __init__(self, page: Page, cell: Locator):
        self.page, self.output = page, cell.locator(".jp-OutputArea").first
        self.image = self.output.locator(".jupyter-widgets img").first
        self.troubles, self.pictures = [], set()
        self.frame = self._frame() if self.image.count() else None

    def everything(self) -> list[str]:
        self._each_control()
        for header in self.output.locator(".jupyter-widget-Collapse-header").all():
            header.click()
            self.page.wait_for_timeout(300)
            self._each_control()
        self._each_button()
        if self.frame and len(self.pictures) < 2:
            self.troubles.append("nothing changes the picture")
        return self.troubles

    def _visible(self, selector: str) -> list[Locator]:
        return [found for found in self.output.locator(selector).all() if found.is_visible()]

    def _each_control(self) -> None:
        for handle in self._visible(".noUi-handle"):
            name = self._named(handle)
            for key in ("Home", "End", "ArrowLeft", "Home"):
                self._act(f"{name}: {key}", lambda h=handle, k=key: h.press(k))
        for field in self._visible(".widget-readout[contenteditable=true]"):
            for text in NO_NUMBERS:
                self._act(
                    f"{self._named(field)}: {text!r} typed", lambda f=field, t=text: type_into(f, t)
                )
        for menu in self._visible("select"):
            name = self._named(menu)
            for option in menu.locator("option").all_inner_texts():
                self._act(f"{name}: {option}", lambda m=menu, o=option: m.select_option(o))
            self._act(f"{name}: first", lambda m=menu: m.select_option(index=0))
        for box in self._visible("input[type=checkbox]"):
            name = self._named(box)
            for _ in "twice":
                self._act(f"{name}: clicked", box.click)

    def _each_button(self) -> None:
        buttons = self._visible("button")
        names = [
            (button.inner_text() or button.get_attribute("title") or "").strip()
            for button in buttons
        ]
        for name, button in zip(names, buttons, strict=True):
            if not name:
                self.troubles.append("a button has neither a word nor a title")
            self._act(f"button {name}", button.click)
            if name == "Play":  # it says Pause now
                self.page.wait_for_timeout(800)
                self._act("button Pause", button.click)

    def _named(self, part: Locator) -> str:
        """Return the label of the control that `part` belongs to."""
        text = part.evaluate("part => part.closest('.widget-inline-hbox')?.innerText || ''")
        label = text.replace("\u200b", "").strip().split("\n")[0]
        if not label:
            self.troubles.append("a control has no label")
        return label or "?"

    def _act(self, what: str, act) -> None:
        act()
        lab.kernel_says(self.page, "0")  # what came before in the kernel is done
        self.page.wait_for_timeout(30)
        if errors := self.output.locator(ERRORS).all_inner_texts():
            self.troubles.append(f"{what}: {errors[0][-200:]}")
        if self.frame:
            self._look(what)

    def _look(self, what: str) -> None:
        frame = self._frame()
        self.pictures.add(self.image.get_attribute("src"))
        if frame["pixels"] == 0:
            self.troubles.append(f"{what}: the picture is empty")
        jumps = {n: frame[n] - self.frame[n] for n in ("left", "top", "width", "height")}
        if any(abs(jump) > JUMP for jump in jumps.values()):
            self.troubles.append(f"{what}: the picture jumps by {jumps}")

    def _frame(self) -> dict:
        """Return the picture's place in its output, its size, and how many pixels it has loaded."""
        return self.image.evaluate(
            """async image => {
                for (let wait = 0; wait < 100 && !(image.complete && image.naturalWidth); wait++)
                    await new Promise(done => setTimeout(done, 50));
                const box = image.getBoundingClientRect();
                const home = image.closest('.jp-OutputArea').getBoundingClientRect();
                return {left: box.left - home.left, top: box.top - home.top, width: box.width,
                        height: box.height, pixels: image.naturalWidth};
            }"""
        )


def type_into(field: Locator, text: str) -> None:
    """Type a text in the place of what stands in an editable field, and press Enter."""
    field.click()
    field.press("Control+a")
    field.press("Delete")
    field.press_sequentially(text)
    field.press("Enter")
