"""What differs between the notebook 7, the classic notebook 6 and JupyterLab: where a person clicks and reads."""

from playwright.async_api import expect

from .failure import Failure

DEADLINE = 120_000  # milliseconds for each wait; machines that run tests are busy
KERNEL = "SageMath"


class Interface:
    """One of them. Selectors are CSS; those of a cell's parts are relative to the cell."""

    name: str
    ready: str  # there when the kernel has answered and is idle
    cell: str  # a code cell
    editor: str  # where a cell is typed
    prompt: str  # what stands before a cell: `In [3]:` after the third was run
    output: str  # its text, or its picture
    handle: str  # what is moved in a slider
    pager: str  # help on an object; relative to the page where it is the page's

    async def new_notebook(self, home):
        """Makes a notebook with Sage's kernel from the menu of the first page; gives the page that it comes in."""
        raise NotImplementedError

    def help(self, page, cell):
        """Where help is read."""
        raise NotImplementedError


class Notebook7(Interface):
    name = "notebook 7"
    # The page says idle also when it has no kernel yet, and a cell that is run then is not run. The editor has a language
    # when the kernel has said its own: from then on it indents, too.
    ready = ":has(.jp-Notebook-ExecutionIndicator[data-status=idle]) .jp-CodeCell .cm-content[data-language]"
    cell = ".jp-Notebook .jp-CodeCell"
    editor = ".cm-content"
    prompt = ".jp-InputPrompt"
    output = ".jp-OutputArea-output"
    handle = ".noUi-handle"
    pager = ".jp-OutputArea-output"

    async def new_notebook(self, home):
        await home.locator(".lm-MenuBar-item", has_text="New").click()
        async with home.expect_popup() as popup:
            await home.locator(".lm-Menu-item", has_text=KERNEL).click()
        return await popup.value

    def help(self, page, cell):
        return cell.locator(self.pager)


class Lab(Notebook7):
    name = "JupyterLab"

    async def new_notebook(self, home):
        await home.locator(f".jp-LauncherCard[data-category=Notebook][title^={KERNEL}]").click()
        return home


class Classic(Interface):
    name = "notebook 6"
    # The icon is an idle kernel's from the start; its title comes with the kernel's first word.
    ready = ".kernel_idle_icon[title='Kernel Idle']"
    cell = ".code_cell"
    editor = ".CodeMirror-code"
    prompt = ".input_prompt"
    output = ".output_subarea"
    handle = ".ui-slider-handle"
    pager = "#pager"

    async def new_notebook(self, home):
        await home.locator("#new-dropdown-button, #new-buttons > button").first.click()
        async with home.expect_popup() as popup:
            await home.locator("#new-menu a", has_text=KERNEL).click()
        return await popup.value

    def help(self, page, cell):
        return page.locator(self.pager)


async def interface_of(home):
    """Which one a first page belongs to. A page that is neither is a failure."""
    new, classic = home.locator(".lm-MenuBar-item", has_text="New"), home.locator("#notebook_list")
    await expect(new.or_(classic).first).to_be_visible(timeout=DEADLINE)
    return Classic() if await classic.count() else Notebook7()


class Sheet:
    """A notebook in a page, with the cells so far."""

    def __init__(self, interface, page):
        self.interface = interface
        self.page = page
        self.used = 0

    async def ready(self):
        """Waits until the kernel is there."""
        await expect(self.page.locator(self.interface.ready).first).to_be_visible(timeout=DEADLINE)

    async def run(self, *lines):
        """Types lines into the last cell, as an editor that indents by itself expects them, and presses Shift+Enter;
        gives the cell."""
        cell = self.page.locator(self.interface.cell).nth(self.used)
        await cell.locator(self.interface.editor).click(timeout=DEADLINE)
        for number, line in enumerate(lines):
            if number:
                await self.page.keyboard.press("Enter")
            await self.page.keyboard.type(line)
        typed = await cell.locator(self.interface.editor).inner_text()
        if [line.strip() for line in typed.split("\n") if line.strip("\u200b ")] != list(lines):
            raise Failure(f"typed {lines}, but the cell holds {typed!r}")
        await self.page.keyboard.press("Shift+Enter")
        self.used += 1
        return cell

    async def said(self, cell, text):
        """Waits until the cell's output is the text."""
        output = cell.locator(self.interface.output).first
        try:
            await expect(output).to_have_text(text, timeout=DEADLINE)
        except AssertionError:
            there = await output.inner_text() if await output.count() else "nothing"
            prompt = await cell.locator(self.interface.prompt).first.inner_text()
            raise Failure(f"the cell {prompt!r} shows {there!r}, expected {text!r}") from None
