"""The upload panel and the studio's strip on a bare page, against a kernel played by the page."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.browser

# Plays anywidget's model and the kernel: takes files as `upload/receiver.py` does, keeps what came.
KERNEL = """
window.makeModel = (traits) => {
  const listeners = new Map();
  function emit(name, ...values) {
    for (const call of listeners.get(name) ?? []) call.apply(this, values);
  }
  const files = new Map();
  const model = {
    sent: [], files, emit, hold: false, held: [],
    get: (name) => traits[name],
    set: (name, value) => { traits[name] = value; },
    save_changes() {},
    on: (name, call) => listeners.set(name, [...(listeners.get(name) ?? []), call]),
    off: (name, call) =>
      listeners.set(name, (listeners.get(name) ?? []).filter((one) => one !== call)),
    // The kernel's side.
    change(name, value) { traits[name] = value; emit(`change:${name}`); },
    answer(message, buffers = []) {
      const say = () => emit('msg:custom', message, buffers);
      if (model.hold) model.held.push(say); else setTimeout(say);
    },
    release() { model.hold = false; for (const say of model.held.splice(0)) say(); },
    send(message, _callbacks, buffers = []) {
      model.sent.push(message);
      const { kind, id, transfer } = message;
      if (kind === 'file_begin') {
        files.set(id, { ...message, bytes: new Uint8Array(message.size), next: 0 });
        model.answer({ kind: 'file_ready', id, chunk_bytes: 65536 });
      } else if (kind === 'chunk') {
        const file = files.get(transfer);
        file.bytes.set(new Uint8Array(buffers[0]), message.number * 65536);
        file.next = message.number + 1;
        model.answer({ kind: 'chunks_state', transfer, next: file.next, question: 0 });
        if (file.next * 65536 >= file.size) model.finish(transfer);
      } else if (kind === 'thumbnails' && model.thumbnail) {
        for (const id of message.ids) model.answer({ kind: 'thumbnail', id }, [model.thumbnail]);
      }
    },
    finish(id) {
      const { name, size } = files.get(id);
      if (name.startsWith('bad')) {
        const reason = 'is cut off <b>here</b>';
        return model.answer({ kind: 'file_failed', id, reason, retryable: false });
      }
      const item = { id, name, size, width: 80, height: 40, crop: [0.25, 0, 0.75, 1],
                     is_cropped: false, number: 0, links: [], left_out: false };
      const items = [...(traits._items ?? []), item];
      model.change('_items', items.map((one, i) => ({ ...one, number: i < 2 ? i + 1 : 0 })));
      model.answer({ kind: 'file_done', id });
    },
  };
  return model;
};
window.show = async (entry, model) => {
  const hooks = await window.widgets[entry]();
  await hooks.initialize?.({ model });
  const el = document.getElementById('root');
  window.dispose = await hooks.render({ model, el });
};
window.drop = (selector, files) => {
  const data = new DataTransfer();
  for (const [name, base64] of files) {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    data.items.add(new File([bytes], name));
  }
  const target = document.querySelector(selector);
  for (const type of ['dragenter', 'dragover', 'drop']) {
    const init = { dataTransfer: data, bubbles: true, cancelable: true };
    target.dispatchEvent(new DragEvent(type, init));
  }
};
"""
UPLOAD = """
async () => {
  window.model = makeModel({
    _items: [], _errors: [], _sentence: 'Two photos make a scene.', image_size: 512,
    max_chosen: 2, max_images: 4, max_file_size: 1e6, folded: false,
  });
  await show('upload', model);
}
"""


def jpeg(width, height, *, orientation=1, seed=None):
    """Left half red, right half blue; or noise, which is large."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, : width // 2, 0] = pixels[:, width // 2 :, 2] = 255
    if seed is not None:
        pixels = np.random.default_rng(seed).integers(0, 256, pixels.shape, np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=95, exif=exif)
    return file.getvalue()


@pytest.fixture
def page(bare_page):
    bare_page.page.set_default_timeout(60_000)
    bare_page.page.add_script_tag(content=KERNEL)
    yield bare_page.page
    assert bare_page.page_errors == []


@pytest.fixture
def drop(page):
    def drop_files(*files):
        encoded = [[name, base64.b64encode(data).decode()] for name, data in files]
        page.evaluate("(files) => drop('.swu', files)", encoded)

    return drop_files


@pytest.fixture
def panel(page):
    page.evaluate(UPLOAD)
    return page.locator(".swu")


def wait_for_photos(page, count):
    page.wait_for_selector(f".swu[data-ready='{count}']")


def test_dropped_files_arrive_and_are_shown(page, panel, drop):
    sent = {"one.jpg": jpeg(600, 400, seed=1), "two.jpg": jpeg(80, 40)}
    assert len(sent["one.jpg"]) > 3 * 65536
    drop(*sent.items())
    wait_for_photos(page, 2)
    arrived = page.evaluate(
        """() => [...model.files.values()].map(({ name, bytes }) => [
            name, btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(''))])"""
    )
    assert {name: base64.b64decode(data) for name, data in arrived} == sent
    names = panel.locator(".swu-name").all_text_contents()
    assert names == ["one.jpg", "two.jpg"]
    assert panel.locator(".swu-zone").is_hidden()
    assert panel.locator(".swu-count").text_content() == "2 of 4"
    assert page.evaluate("model.sent.filter((m) => m.kind === 'queue').at(-1).count") == 0


def test_the_file_chooser_works_by_keyboard(page, panel):
    with page.expect_file_chooser() as chooser:
        panel.locator(".swu-zone").press("Enter")  # focuses it, and again if it was drawn anew
    assert chooser.value.is_multiple()
    photo = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": jpeg(64, 64)}
    chooser.value.set_files([photo])
    wait_for_photos(page, 1)


def test_previews_are_upright_with_the_crop_drawn(page, panel, drop):
    # Stored lying, 120 x 60, to be turned by 90 degrees: red ends up above.
    page.evaluate("model.finish = () => {}")  # stay on the way: the page itself draws the crop
    drop(("turned.jpg", jpeg(120, 60, orientation=6)))
    page.wait_for_selector(".swu-photo canvas")
    size, top, bottom = page.evaluate(
        """() => {
            const canvas = document.querySelector('.swu-photo canvas');
            const { width, height } = canvas;
            const context = canvas.getContext('2d');
            const at = (y) => [...context.getImageData(width / 2, y, 1, 1).data.slice(0, 3)];
            return [[width, height], at(height * 0.2), at(height * 0.8)];
        }"""
    )
    assert size == [60, 120]
    assert top[0] > 200 and top[2] < 60 and bottom[2] > 200 and bottom[0] < 60
    photo = panel.locator(".swu-photo").bounding_box()
    frame = panel.locator(".swu-frame").bounding_box()
    assert photo["height"] == pytest.approx(2 * photo["width"], rel=0.02)
    assert frame["width"] == pytest.approx(frame["height"], abs=1.5)
    assert frame["y"] - photo["y"] == pytest.approx(photo["height"] / 4, abs=1.5)


def test_bad_files_are_named_and_the_others_stay(page, panel, drop):
    drop(
        ("good.jpg", jpeg(64, 64)),
        ("notes.txt", b"hello"),
        ("fake.jpg", b"%PDF-1.7" + bytes(100)),
        ("large.jpg", jpeg(1200, 900, seed=2)),
        ("empty.jpg", b""),
        ("bad.jpg", jpeg(64, 64)),
    )
    page.wait_for_function("document.querySelectorAll('.swu-errors li').length === 5")
    wait_for_photos(page, 1)
    texts = panel.locator(".swu-errors li").all_text_contents()
    assert texts[0].startswith("notes.txt is not a picture")
    assert texts[1].startswith("fake.jpg is a PDF")
    assert "more than the limit of 1 MB" in texts[2]
    assert texts[3] == "empty.jpg is empty"
    assert texts[4] == "bad.jpg is cut off <b>here</b>"  # text, not HTML
    begun = page.evaluate("model.sent.filter((m) => m.kind === 'file_begin').map((m) => m.name)")
    assert begun == ["good.jpg", "bad.jpg"]  # the others never travelled
    refused = page.evaluate("model.sent.filter((m) => m.kind === 'refused').map((m) => m.name)")
    assert refused[:4] == ["notes.txt", "fake.jpg", "large.jpg", "empty.jpg"]
    panel.locator(".swu-errors button").first.click()
    page.wait_for_function("document.querySelectorAll('.swu-errors li').length === 4")
    panel.get_by_role("button", name="Dismiss all").click()
    assert page.evaluate("model.sent.at(-1)") == {"kind": "dismiss", "id": None}
    page.wait_for_function("document.querySelectorAll('.swu-errors li').length === 0")
    assert panel.get_by_role("button", name="Dismiss all").is_hidden()


def test_a_full_panel_takes_no_more(page, panel, drop):
    drop(*((f"{i}.jpg", jpeg(64, 64)) for i in range(6)))
    wait_for_photos(page, 4)
    assert panel.locator(".swu-errors li").count() == 2
    assert panel.get_by_role("button", name="Add photos").is_disabled()


def test_names_are_never_html(page, panel, drop):
    drop(("<img src=x onerror=window.hacked=1>.jpg", jpeg(64, 64)))
    wait_for_photos(page, 1)
    assert page.evaluate("window.hacked") is None
    assert panel.locator("img").count() == 0


def test_cancelling_a_file_on_its_way(page, panel, drop):
    page.evaluate("model.hold = true")
    drop(("a.jpg", jpeg(400, 300, seed=1)), ("b.jpg", jpeg(64, 64)))
    panel.get_by_role("button", name="Cancel a.jpg").click()
    page.evaluate("model.release()")
    wait_for_photos(page, 1)
    assert panel.locator(".swu-name").all_text_contents() == ["b.jpg"]
    assert page.evaluate("model.sent.some((m) => m.kind === 'file_cancel')")


def test_buttons_ask_the_kernel(page, panel, drop):
    drop(*((f"{name}.jpg", jpeg(64, 64)) for name in "abc"))
    wait_for_photos(page, 3)
    page.evaluate("model.sent.length = 0")
    panel.get_by_role("button", name="Move a.jpg to the right").click()
    panel.get_by_role("button", name="Use c.jpg for the scene").click()
    panel.get_by_role("button", name="Remove b.jpg").click()
    panel.get_by_role("button", name="Clear photos").click()
    assert panel.get_by_role("button", name="Move a.jpg to the left").is_disabled()
    panel.get_by_role("button", name="Show the photos small").click()
    sent = page.evaluate("model.sent.map(({ kind, to }) => [kind, to ?? null])")
    assert sent == [
        ["move", 1],
        ["toggle", None],
        ["remove", None],
        ["reset", None],
        ["fold", None],
    ]
    page.evaluate("model.change('folded', true)")
    assert panel.bounding_box()["height"] < 60, "one line"
    panel.locator(".swu-list").click()
    assert page.evaluate("model.sent.at(-1)") == {"kind": "fold", "folded": False}


def test_dragging_a_photo_changes_the_order(page, panel, drop):
    drop(*((f"{name}.jpg", jpeg(64, 64)) for name in "abc"))
    wait_for_photos(page, 3)
    cards = panel.locator(".swu-card")
    cards.nth(0).locator(".swu-name").drag_to(cards.nth(2), target_position={"x": 140, "y": 60})
    moved = page.evaluate("model.sent.filter((m) => m.kind === 'move')")
    first = page.evaluate("model.get('_items')[0].id")
    assert moved == [{"kind": "move", "id": first, "to": 2}]


def crops(page):
    return page.evaluate("model.sent.filter((m) => m.kind === 'crop').map((m) => m.crop)")


@pytest.fixture
def photo(page, panel, drop):
    """A photo of 800 x 400 px on its card, and the pixels of the screen that one of its takes."""
    drop(("wide.jpg", jpeg(80, 40)))
    wait_for_photos(page, 1)
    page.wait_for_selector(".swu-photo canvas")
    page.evaluate(
        """() => {
            const [item] = model.get('_items');
            model.change('_items', [{ ...item, width: 800, height: 400 }]);
        }"""
    )
    page.wait_for_selector(".swu-frame[aria-valuemax='400']")
    box = panel.locator(".swu-photo").bounding_box()
    return box["x"], box["y"], box["width"] / 800


def pull(page, photo, start, end):
    """Drag between two points given in pixels of the photo."""
    left, top, scale = photo
    page.mouse.move(left + start[0] * scale, top + start[1] * scale)
    page.mouse.down()
    page.mouse.move(left + end[0] * scale, top + end[1] * scale, steps=4)
    page.mouse.up()


def test_the_crop_is_dragged_on_the_card(page, panel, photo):
    frame = panel.locator(".swu-frame")
    pull(page, photo, (400, 200), (500, 300))
    ((x, y, side),) = crops(page)
    assert (y, side) == (0, 400) and x == pytest.approx(300, abs=6)
    assert frame.get_attribute("aria-valuetext") == f"400 pixels square, from {x}, 0"
    drawn = frame.bounding_box()
    assert drawn["x"] - photo[0] == pytest.approx(x * photo[2], abs=1.5)
    assert page.evaluate("model.sent.some((m) => m.kind === 'move')") is False

    pull(page, photo, (x + 398, 398), (x + 200, 300))  # its lower right corner
    assert crops(page)[-1][:2] == [x, 0]
    assert crops(page)[-1][2] == pytest.approx(300, abs=8)
    pull(page, photo, (x + 100, 100), (2000, 2000))  # no farther than the photo
    x, y, side = crops(page)[-1]
    assert (x, y) == (800 - side, 400 - side)

    item = "{ ...model.get('_items')[0], is_cropped: true, crop: [0.5, 0, 1, 1] }"
    page.evaluate(f"model.change('_items', [{item}])")
    frame.dblclick(position={"x": 30, "y": 30})
    assert crops(page)[-1] is None


def test_the_crop_is_moved_with_the_keys(page, panel, photo):
    frame = panel.get_by_role("slider", name="Crop of wide.jpg")
    frame.focus()
    page.keyboard.press("Shift+ArrowRight")
    assert crops(page) == [[201, 0, 400]]
    page.keyboard.press("ArrowLeft")
    assert crops(page)[-1] == [193, 0, 400]
    page.keyboard.press("-")
    x, y, side = crops(page)[-1]
    assert side == 381 and abs(x + side / 2 - 393) <= 1 and abs(y + side / 2 - 200) <= 1
    page.evaluate("model.change('_items', [{ ...model.get('_items')[0], is_cropped: true }])")
    page.wait_for_function("document.querySelector('.swu-frame').ariaValueText.startsWith('400')")
    page.keyboard.press("Delete")
    assert crops(page)[-1] is None


def test_what_connects_is_on_the_cards(page, panel, drop):
    drop(*((f"{name}.jpg", jpeg(64, 64)) for name in "abc"))
    wait_for_photos(page, 3)
    page.evaluate(
        """() => {
            const link = (number, matches, connects) => ({ number, matches, connects });
            const links = [[link(2, 312, true)], [link(1, 312, true), link(3, 4, false)], []];
            model.change('_items', model.get('_items').map((item, i) => ({
                ...item, number: i + 1, links: links[i], left_out: i === 2 })));
        }"""
    )
    page.wait_for_selector(".swu-alone")
    cards = panel.locator(".swu-card")
    texts = [" ".join(text.split()) for text in cards.locator(".swu-links").all_inner_texts()]
    left_out = "Left out: connects with no other"
    assert texts == ["2 312 matches", "1 312 matches 3 4 matches", left_out]
    assert cards.nth(2).get_attribute("data-left-out") is not None
    assert cards.nth(0).get_attribute("data-left-out") is None
    page.evaluate("model.change('_items', model.get('_items').map((i) => ({ ...i, links: [] })))")
    page.wait_for_function("document.querySelectorAll('.swu-links:not([hidden])').length === 1")


def test_another_page_shows_what_the_kernel_has(page):
    """After a reload, or in a second cell: thumbnails come from the kernel."""
    page.evaluate(UPLOAD.replace("await show", "// await show"))
    page.evaluate(
        """async () => {
            const canvas = new OffscreenCanvas(40, 20);
            canvas.getContext('2d').fillRect(0, 0, 40, 20);
            const blob = await canvas.convertToBlob({ type: 'image/jpeg' });
            model.thumbnail = new DataView(await blob.arrayBuffer());
            const item = { id: 'k1', name: 'old.heic', size: 5e6, width: 4000, height: 2000,
                           crop: [0.25, 0, 0.75, 1], is_cropped: false, number: 1,
                           links: [], left_out: false };
            model.change('_items', [item]);
            await show('upload', model);
        }"""
    )
    page.wait_for_selector(".swu-photo canvas")
    assert "4000 × 2000" in page.locator(".swu-meta").text_content()


def test_a_lost_kernel_is_said_and_stops_transfers(page, panel, drop):
    page.evaluate("model.hold = true")
    drop(("a.jpg", jpeg(64, 64)))
    page.wait_for_selector(".swu-card[data-kind=transfer]")
    page.evaluate("model.emit.call({ model: { comm_live: false } }, 'comm_live_update')")
    panel.locator(".swu-lost").wait_for()
    assert panel.locator(".swu-card .swu-meta").text_content().startswith("the kernel was")
    assert panel.get_by_role("button", name="Add photos").is_disabled()


def test_a_lost_kernel_leaves_no_card_to_press(page, panel, drop):
    drop(*((f"{name}.jpg", jpeg(64, 64)) for name in "abc"))
    wait_for_photos(page, 3)
    page.evaluate("model.emit.call({ model: { comm_live: false } }, 'comm_live_update')")
    panel.locator(".swu-lost").wait_for()
    assert panel.locator(".swu-card button:enabled:visible").count() == 0


def test_a_dropped_folder_gives_its_photos(page, panel):
    """The browser makes entries of real drops only, so the drop's data is played."""
    page.evaluate(
        """(photo) => {
            const bytes = Uint8Array.from(atob(photo), (c) => c.charCodeAt(0));
            const file = (name) => new File([bytes], name);
            const entry = (name) => ({ name, isFile: true, file: (done) => done(file(name)) });
            let rounds = [[entry('b10.jpg'), entry('.hidden')], [entry('b9.jpg'),
                { name: 'deeper', isFile: false, isDirectory: true }], []];
            const folder = { name: 'album', isDirectory: true,
                createReader: () => ({ readEntries: (done) => done(rounds.shift()) }) };
            const item = (entry) => ({ kind: 'file', webkitGetAsEntry: () => entry });
            const data = { types: ['Files'], files: [file('a.jpg'), new File([], 'album')],
                items: [item({ name: 'a.jpg', isFile: true }), item(folder)] };
            const event = new Event('drop', { bubbles: true, cancelable: true });
            event.dataTransfer = data;
            document.querySelector('.swu').dispatchEvent(event);
        }""",
        base64.b64encode(jpeg(64, 64)).decode(),
    )
    wait_for_photos(page, 3)
    assert panel.locator(".swu-name").all_text_contents() == ["a.jpg", "b9.jpg", "b10.jpg"]
    assert panel.locator(".swu-errors li").count() == 0


def test_disposing_leaves_nothing(page, panel, drop):
    drop(("a.jpg", jpeg(64, 64)))
    wait_for_photos(page, 1)
    page.evaluate("dispose()")
    assert page.locator(".swu").count() == 0


STRIP = """
async () => {
  const stage = (label, state, fraction, seconds) =>
    ({ name: label, label, state, fraction, seconds });
  const run = { status: 'running', seconds: 3, detail: '', doubt: false };
  window.running = (fraction) => ({ ...run, stages: [
    stage('Encode', 'done', 1, 2), stage('Decode', 'active', fraction, 1),
    stage('Assemble', 'waiting', 0, 0)] });
  window.model = makeModel({
    run: { status: 'idle', stages: [], seconds: 0, detail: '', doubt: false },
    can_generate: false, results: [], refine: 'auto', refine_line: 'Auto: on for three photos.',
    estimate: '', verdict: { level: 'none', text: '', can_refine: false },
    message: {}, notice: 'A small model.', model_line: '', saved_files: [], output_dir: 'outputs',
    saves: true,
  });
  await show('strip', model);
}
"""


@pytest.fixture
def strip(page):
    page.evaluate(STRIP)
    return page.locator(".sws")


QUESTION = ("transfer", "question")
# What the strip has sent, without its questions whether that was read.
ASKED = "model.sent.filter(({ kind }) => kind !== 'chunks_question')"


def asked(page):
    return page.evaluate(f"{ASKED}.map(({{ kind }}) => kind)")


def test_the_strip_follows_a_run(page, strip):
    generate = strip.get_by_role("button", name="Make a scene")
    cancel = strip.get_by_role("button", name="Stop the run")
    assert generate.is_disabled() and cancel.is_hidden()
    page.evaluate("model.change('can_generate', true)")
    generate.click()
    page.evaluate("model.change('run', running(0.5))")
    assert generate.is_disabled()
    assert strip.get_by_role("button", name="Remove the photos").is_disabled()
    assert strip.locator("li[aria-current=step]").text_content().startswith("Decode")
    # The clock goes on without the kernel.
    page.wait_for_function(
        "parseFloat(document.querySelector('.sws-summary').textContent) > 3.3", timeout=60_000
    )
    cancel.click()
    page.evaluate("model.change('run', { ...running(1), status: 'cancelled' })")
    assert cancel.is_hidden() and generate.is_enabled()
    assert strip.locator(".sws-summary").text_content() == "Cancelled"
    active, waiting = "li[data-state=active]", "li[data-state=waiting]"
    assert colour_of(page, active) == colour_of(page, waiting), "a cancelled stage has not failed"
    page.evaluate("model.change('run', { ...running(1), status: 'failed' })")
    assert colour_of(page, active) != colour_of(page, waiting)
    page.evaluate("model.change('run', { ...running(1), status: 'cancelled' })")
    assert asked(page) == ["generate", "cancel"]


def test_refining_is_chosen_with_pointer_and_keys(page, strip):
    group = strip.get_by_role("radiogroup", name="Refine with the photos")
    auto, on, off = group.get_by_role("radio").all()
    assert auto.get_attribute("aria-checked") == "true"
    assert strip.locator(".sws-rule").inner_text() == "Auto: on for three photos."
    on.click()
    assert on.get_attribute("aria-checked") == "true"
    page.keyboard.press("ArrowRight")
    assert off.get_attribute("aria-checked") == "true"
    assert off.evaluate("(el) => el === document.activeElement")
    page.evaluate("model.change('refine', 'auto'); model.change('refine_line', 'Now: off.')")
    assert auto.get_attribute("aria-checked") == "true"
    assert strip.locator(".sws-rule").inner_text() == "Now: off."
    sent = page.evaluate("model.sent.filter((m) => m.kind === 'refine').map((m) => m.choice)")
    assert sent == ["on", "off"]


def test_what_a_run_takes_is_said_before_it(page, strip):
    estimate = strip.locator(".sws-estimate")
    page.evaluate("model.change('estimate', 'about 20 s, 3 GB')")
    assert estimate.is_hidden()
    page.evaluate("model.change('can_generate', true)")
    assert estimate.inner_text() == "Takes about 20 s, 3 GB"
    page.evaluate("model.change('run', running(0.5))")
    assert estimate.is_hidden()


def colour_of(page, selector):
    return page.locator(selector).evaluate("(el) => getComputedStyle(el).color")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_doubtful_scene_never_ends_green(page, scheme):
    page.emulate_media(color_scheme=scheme)
    page.evaluate(STRIP)
    page.evaluate(
        """() => {
            model.change('verdict', { level: 'good', text: 'Two photos fit.', can_refine: false });
            model.change('run', { ...running(1), status: 'done' });
        }"""
    )
    assert page.locator(".sws-summary").inner_text().startswith("Done in")
    green = colour_of(page, ".sws-summary")
    assert colour_of(page, ".sws-verdict > svg") == green
    text = "These photos do not seem to show the same place."
    page.evaluate(
        """(text) => {
            model.change('verdict', { level: 'doubt', text, can_refine: false });
            model.change('run', { ...running(1), status: 'done', doubt: true });
        }""",
        text,
    )
    assert page.locator(".sws-summary").inner_text().startswith("Finished in")
    verdict = page.locator(".sws-verdict")
    assert verdict.inner_text() == text and verdict.get_attribute("role") == "status"
    colours = page.evaluate(
        """() => [...document.querySelectorAll('.sws *')].filter((el) => el.checkVisibility())
            .map((el) => getComputedStyle(el))
            .flatMap((s) => [s.color, s.backgroundColor, s.borderLeftColor])"""
    )
    assert green not in colours


def test_one_click_refines(page, strip):
    refine = strip.get_by_role("button", name="Refine", exact=True)
    verdict = "{ level: 'good', text: 'They fit.', can_refine: true }"
    page.evaluate(f"model.change('verdict', {verdict})")
    refine.click()
    assert asked(page) == ["refine_now"]
    page.evaluate("model.change('run', running(0.5))")
    assert refine.is_disabled()
    page.evaluate("model.change('run', { ...running(1), status: 'done' })")
    assert refine.is_enabled()
    page.evaluate("model.change('verdict', { level: 'none', text: '', can_refine: false })")
    assert refine.count() == 0


def test_messages_and_notice(page, strip):
    assert strip.locator(".sws-notice").text_content() == "A small model."
    page.evaluate("model.change('message', { level: 'error', text: '<b>no</b> memory' })")
    alert = strip.get_by_role("alert")
    assert alert.text_content() == "<b>no</b> memory"


def test_results_and_download(page, strip):
    page.evaluate(
        """() => model.change('results', [
            { id: 2, title: 'a + b', detail: '4.0 s', count: 524288, saved: '', kept: '',
              shown: true, name: 'scene-002.ply' },
            { id: 1, title: 'c', detail: '', count: 7, saved: 'scene-001.ply',
              kept: 'scene-001.splatscene', shown: false, name: 'scene-001.ply' }])"""
    )
    rows = strip.locator(".sws-results li")
    assert "524,288 Gaussians · 4.0 s · scene-002.ply" in rows.nth(0).text_content()
    assert "saved as scene-001.ply · whole as scene-001.splatscene" in rows.nth(1).text_content()
    assert rows.nth(0).locator(".sws-show").is_disabled()
    rows.nth(1).locator(".sws-show").click()
    rows.nth(0).locator(".sws-save").click()
    rows.nth(0).locator(".sws-keep").click()
    rows.nth(0).locator(".sws-format").select_option(".spz")
    assert rows.nth(0).locator(".sws-download").get_attribute("title").endswith("scene-002.spz")
    with page.expect_download() as download:
        rows.nth(0).locator(".sws-download").click()
        page.evaluate(
            """() => {
                const { request, format } = model.sent.at(-1);
                if (format !== 'spz') throw new Error(format);
                const part = (...bytes) => new DataView(Uint8Array.of(0, ...bytes).buffer, 1);
                const other = 'of-another-page';
                const head = { kind: 'download', name: 'scene-002.ply', size: 5, chunks: 2 };
                const chunk = (transfer, number, ...bytes) =>
                    model.answer({ kind: 'chunk', transfer, number }, [part(...bytes)]);
                model.answer({ ...head, request: other });
                chunk(other, 0, 9);
                model.answer({ ...head, request });
                chunk(request, 0, 1, 2, 3);
                chunk(request, 1, 4, 5);
            }"""
        )
    assert download.value.suggested_filename == "scene-002.ply"
    assert download.value.path().read_bytes() == bytes([1, 2, 3, 4, 5])
    sent = page.evaluate(f"{ASKED}.map(({{ kind, id }}) => [kind, id ?? null])")
    acks = [["chunks_arrived", None]] * 2
    assert sent == [["show", 1], ["save", 2], ["keep", 2], ["download", 2], *acks]


def test_opening_scenes(page, strip):
    page.evaluate("model.change('saved_files', ['scene-002.ply', 'scene-001.ply'])")
    strip.locator("select").select_option("scene-001.ply")
    with page.expect_file_chooser() as chooser:
        strip.get_by_role("button", name="Open a scene of this computer").click()
    chooser.value.set_files([{"name": "x.ply", "mimeType": "", "buffer": b"ply" * 50_000}])
    page.wait_for_function("[...model.files.values()].some(({ next }) => next === 3)")
    assert page.evaluate("model.sent[0]") == {"kind": "open_saved", "name": "scene-001.ply"}
    assert page.evaluate("[...model.files.values()][0].bytes.length") == 150_000


def open_file(page, strip, name, data):
    with page.expect_file_chooser() as chooser:
        strip.get_by_role("button", name="Open a scene of this computer").click()
    chooser.value.set_files([{"name": name, "mimeType": "", "buffer": data}])


def test_a_scene_that_cannot_be_opened_is_told_and_forgotten(page, strip):
    alert = strip.get_by_role("alert")
    open_file(page, strip, "bad.ply", b"ply" * 100)  # the kernel refuses it
    alert.get_by_text("bad.ply was not opened: is cut off <b>here</b>").wait_for()
    assert strip.locator(".sws-transfer").is_hidden()
    open_file(page, strip, "empty.ply", b"")
    alert.get_by_text("empty.ply was not opened: it is empty.").wait_for()
    open_file(page, strip, "junk.ply", b"GIF89a")
    alert.get_by_text("junk.ply was not opened: it is no scene in a known format").wait_for()
    open_file(page, strip, "good.ply", b"ply" * 100)
    page.wait_for_function("model.sent.filter((m) => m.kind === 'chunk').length === 2")
    assert alert.count() == 0 and strip.locator(".sws-message:visible").count() == 0
    begun = page.evaluate("model.sent.filter((m) => m.kind === 'file_begin').map((m) => m.name)")
    assert begun == ["bad.ply", "good.ply"]


def test_a_run_does_not_go_on_without_a_kernel(page, strip):
    page.evaluate("model.change('can_generate', true)")
    page.evaluate("model.change('run', running(0.5))")
    page.evaluate("model.emit.call({ model: { comm_live: false } }, 'comm_live_update')")
    strip.get_by_role("alert").get_by_text("The kernel is gone").wait_for()
    page.wait_for_timeout(500)  # two ticks of the clock
    assert strip.locator(".sws-summary").text_content() == "Stopped"
    assert strip.locator("button:enabled:visible:not(.sws-model)").count() == 0


def test_a_closed_comm_counts_as_a_lost_kernel(page, strip):
    page.evaluate("model.change('can_generate', true)")
    page.evaluate("void (model.send = () => { throw new Error('Cannot send'); })")
    strip.locator(".sws-generate").click()
    strip.get_by_role("alert").get_by_text("The kernel is gone").wait_for()


def test_a_double_click_starts_one_run(page, strip):
    page.evaluate("model.change('can_generate', true)")
    strip.locator(".sws-generate").dblclick()
    assert asked(page) == ["generate"]


def test_a_kernel_that_runs_a_cell_is_waited_for_in_words(page, strip):
    page.evaluate("model.change('can_generate', true)")
    busy = strip.get_by_role("status").get_by_text("Waiting for the running cell")
    strip.locator(".sws-generate").click()
    busy.wait_for(timeout=5_000)
    question = page.evaluate("model.sent.find((m) => m.kind === 'chunks_question')")
    answer = {"kind": "chunks_state", "next": -1, **{k: question[k] for k in QUESTION}}
    page.evaluate("(answer) => model.emit('msg:custom', answer, [])", answer)
    busy.wait_for(state="hidden", timeout=5_000)


def test_the_focus_goes_with_the_run(page, strip):
    focused = "document.activeElement.className"
    page.evaluate("model.change('can_generate', true)")
    strip.locator(".sws-generate").focus()
    page.keyboard.press("Enter")
    page.evaluate("model.change('run', running(0.5))")
    assert "sws-cancel" in page.evaluate(focused)
    page.evaluate("model.change('run', { ...running(1), status: 'done' })")
    assert "sws-generate" in page.evaluate(focused)
    result = (
        "{ id: 1, title: 'c', detail: '', count: 7, saved: '', kept: '', shown: true, "
        "name: 's.ply' }"
    )
    page.evaluate(f"model.change('results', [{result}])")
    strip.locator(".sws-save").focus()
    page.evaluate(f"model.change('results', [{{ ...{result}, saved: 's.ply' }}])")
    assert "saved as s.ply" in strip.locator(".sws-results").text_content()
    assert "sws-save" in page.evaluate(focused)


def test_the_reason_of_a_failure_stays(page, strip):
    failed = "{ ...running(0.5), status: 'failed', detail: 'Too dark.' }"
    page.evaluate(f"model.change('run', {failed})")
    page.evaluate("model.change('message', { level: 'error', text: 'Too dark.' })")
    assert strip.locator(".sws-message:visible").all_text_contents() == ["Too dark."]
    page.evaluate("model.change('message', { level: 'info', text: 'Saved.' })")
    assert strip.locator(".sws-message:visible").all_text_contents() == ["Too dark.", "Saved."]
    page.evaluate("model.change('run', running(0))")
    assert strip.locator(".sws-message:visible").all_text_contents() == ["Saved."]


def test_the_notice_folds_with_the_first_scene(page, strip):
    notice, model = strip.locator(".sws-notice"), strip.locator(".sws-model")
    assert notice.is_visible()
    result = (
        "{ id: 1, title: 'c', detail: '', count: 7, saved: '', kept: '', shown: true, "
        "name: 's.ply' }"
    )
    page.evaluate(f"model.change('results', [{result}])")
    assert notice.is_hidden() and model.get_attribute("title") == "A small model."
    model.click()
    assert notice.is_visible() and model.get_attribute("aria-expanded") == "true"
