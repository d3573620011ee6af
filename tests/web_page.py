"""The private page in a browser, for tests."""
import base64
import os
import threading
from contextlib import contextmanager

import cv2
import numpy as np
from browser import PATIENCE, Records, missing_browser, open_browser

from mmfermtl.preparation.face_model import find_face_model
from mmfermtl.utils.web_runtime import find_web_runtime
from mmfermtl.web.page_files import collect_page
from mmfermtl.web.page_server import PageServer

#: Contrast of each text with what is behind it, below 4.5, and controls that
#: are smaller than 24 pixels.
FAULTS = """
const parse = (text) => text.match(/[\\d.]+/g).map(Number);
const light = (rgb) => rgb.slice(0, 3).map((v) => v / 255).map(
  (v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4).reduce(
  (sum, v, k) => sum + v * [0.2126, 0.7152, 0.0722][k], 0);
const behind = (element) => {
  for (let e = element; e; e = e.parentElement) {
    const colour = parse(getComputedStyle(e).backgroundColor);
    if (colour.length === 3 || colour[3] === 1) return colour;
  }
  return [255, 255, 255];
};
const faults = [];
for (const element of document.body.querySelectorAll('*')) {
  if (!element.checkVisibility()) continue;
  const own = [...element.childNodes].some(
    (node) => node.nodeType === 3 && node.data.trim());
  if (own && !element.disabled) {
    const pair = [light(parse(getComputedStyle(element).color)),
                  light(behind(element))].sort((a, b) => b - a);
    const contrast = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (contrast < 4.5) {
      faults.push([element.outerHTML.slice(0, 80), contrast]);
    }
  }
  if (element.matches('button, select, input')) {
    const box = element.closest('label')?.getBoundingClientRect() ??
      element.getBoundingClientRect();
    if (box.width < 24 || box.height < 24) {
      faults.push([element.outerHTML.slice(0, 80), box.width, box.height]);
    }
    if (!element.labels?.length && !element.textContent.trim()) {
      faults.push([element.outerHTML.slice(0, 80), 'no label']);
    }
  }
}
if (document.documentElement.scrollWidth > innerWidth) {
  faults.push(['wider than the window', document.documentElement.scrollWidth]);
}
return faults;
"""


def missing_parts():
    """Say what a browser test lacks here; empty if nothing."""
    try:
        import selenium  # noqa: F401
        find_face_model()
        find_web_runtime()
    except (ImportError, OSError, ValueError) as error:
        return str(error).splitlines()[0]
    return missing_browser()


class Page:
    """The page in a browser."""

    def __init__(self, driver, url, folder):
        self.driver = driver
        self.folder = folder
        self.host = url.split('/')[2]
        self.records = Records(driver)
        driver.get(url)
        self.wait(lambda: self.text('status') == 'Ready.')

    def wait(self, condition):
        from selenium.webdriver.support.ui import WebDriverWait
        WebDriverWait(
            self.driver, PATIENCE,
            0.05).until(lambda _: condition() or self.fail_on_error())

    def fail_on_error(self):
        assert not self.text('error'), self.text('error')

    def get(self, name):
        return self.driver.find_element('id', name)

    def text(self, name):
        return self.get(name).get_property('textContent').strip()

    def texts(self, selector):
        return [
            element.text
            for element in self.driver.find_elements('css selector', selector)
        ]

    def shown(self, name):
        return self.get(name).is_displayed()

    def open(self, path):
        self.get('file').send_keys(str(path))
        self.wait(lambda: 'below' in self.text('status'))

    def click(self, name):
        self.driver.execute_script('arguments[0].click()', self.get(name))

    def pixels(self, name):
        """Read a canvas as ``(H, W, 3)`` BGR."""
        text = self.driver.execute_script('return arguments[0].toDataURL()',
                                          self.get(name))
        content = base64.b64decode(text.partition(',')[2])
        return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)

    def saved(self, name):
        path = os.path.join(self.folder, 'saved', name)
        self.wait(lambda: os.path.isfile(path))
        return path

    def show_as(self, width, scheme):
        """Set the width of the window, and light or dark."""
        self.driver.execute_cdp_cmd(
            'Emulation.setDeviceMetricsOverride',
            dict(width=width, height=800, deviceScaleFactor=1, mobile=False))
        self.driver.execute_cdp_cmd(
            'Emulation.setEmulatedMedia',
            dict(features=[dict(name='prefers-color-scheme', value=scheme)]))

    def check_silence(self):
        """No request went outside, and the console has no complaint."""
        assert any(self.host in url for url in self.records.requests)
        assert not self.records.outside(self.host)
        assert not self.records.messages


@contextmanager
def serve(server):
    """Run a server in a thread."""
    with server:
        thread = threading.Thread(
            target=server.serve_forever, kwargs=dict(poll_interval=0.05))
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def open_page(model, folder):
    """Serve the page with a model, and open it."""
    server = PageServer(collect_page(model), port=0)
    with serve(server), open_browser(str(folder)) as driver:
        yield Page(driver, server.url, str(folder))
