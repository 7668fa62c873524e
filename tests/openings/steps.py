"""What a person does in an opening, step by step."""

from playwright.async_api import expect

from .failure import Failure
from .pages import DEADLINE, Classic, Lab, Sheet, interface_of

HANDLE = 40  # pixels: a handle that a person can take is smaller, one without its style is as wide as the page
WIDE = 600  # pixels: more than any slider is wide
STEPS = ("cell", "plot", "interact", "help", "second", "busy", "lab")
# What a page does when the browser is idle comes a second later, as on a machine that has other things to do.
IDLE_LATE = """
    window.requestIdleCallback = (work) => setTimeout(() => work({ didTimeout: true, timeRemaining: () => 0 }), 1000);
    window.cancelIdleCallback = clearTimeout;
"""


async def use(context, address, only, shoot):
    """Does the steps that are wanted. `shoot` is called with a page and a name when there is something to see."""
    home = await opened(context, address)
    interface = await interface_of(home)
    first = await sheet(interface, home)
    await cell(first)
    if "plot" in only:
        await plot(first)
    if "interact" in only:
        await interact(first)
    if "help" in only:
        await help_text(first)
    await shoot(first.page, "notebook")
    if "second" in only:
        other = await sheet(interface, home)
        await second(other)
        await shoot(other.page, "second")
    if "busy" in only:
        await busy(context, address)
    # The notebook 7 is made of JupyterLab, and comes with it; the notebook 6 is older.
    if "lab" in only and not isinstance(interface, Classic):
        token = address.partition("?")[2]
        page = await opened(context, f"{address.partition('/?')[0]}/lab?{token}")
        in_lab = await sheet(Lab(), page)
        await cell(in_lab)
        await shoot(page, "lab")


async def opened(context, address, script=""):
    """A page at an address, in which a script has run before the page's own."""
    page = await context.new_page()
    page.set_default_timeout(DEADLINE)
    await page.add_init_script(script)
    await page.goto(address, wait_until="commit", timeout=DEADLINE)
    return page


async def sheet(interface, home):
    """A new notebook whose kernel is there."""
    page = await interface.new_notebook(home)
    page.set_default_timeout(DEADLINE)
    new = Sheet(interface, page)
    await new.ready()
    return new


async def cell(notebook):
    """A result is computed and read."""
    it = await notebook.run("big = 2^128 + 1", "factor(big)")
    await notebook.said(it, "59649589127497217 * 5704689200685129054721")


async def plot(notebook):
    """A picture appears."""
    it = await notebook.run("plot(sin, -pi, pi)")
    picture = it.locator(notebook.interface.output).locator("img, svg").first
    await expect(picture).to_be_visible(timeout=DEADLINE)
    box = await picture.bounding_box()
    whole = await picture.evaluate("it => it.tagName != 'IMG' || it.decode().then(() => it.naturalWidth > 200)")
    if not whole or box["width"] < 200 or box["height"] < 100:
        raise Failure(f"the plot is not shown whole: {box}")


async def interact(notebook):
    """A slider appears; what is shown follows when it is pulled to its end."""
    it = await notebook.run("@interact", "def power(n=slider(1, 9, 1, 3)):", "print(n^4 + 1)")
    handle = it.locator(notebook.interface.handle)
    await expect(handle).to_be_visible(timeout=DEADLINE)
    await expect(it).to_contain_text("82", timeout=DEADLINE)
    box = await handle.bounding_box()
    if max(box["width"], box["height"]) > HANDLE:
        raise Failure(f"the slider's handle has no shape: {box}")
    mouse = notebook.page.mouse
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    await mouse.move(x, y)
    await mouse.down()
    await mouse.move(x + WIDE, y, steps=10)
    await mouse.up()
    await expect(it).to_contain_text("6562", timeout=DEADLINE)


async def help_text(notebook):
    """`?` shows an object's documentation."""
    it = await notebook.run("factor?")
    await expect(notebook.interface.help(notebook.page, it).first).to_contain_text("factorization of", timeout=DEADLINE)


async def busy(context, address):
    """The first page of a browser that has no time makes a notebook, and says no error a while later."""
    home = await opened(context, address, IDLE_LATE)
    await sheet(await interface_of(home), home)
    await home.wait_for_timeout(2000)


async def second(notebook):
    """Another notebook has a kernel of its own: it does not know the first one's names."""
    it = await notebook.run("'big' in globals(), 2^10")
    await notebook.said(it, "(False, 1024)")
