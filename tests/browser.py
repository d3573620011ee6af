"""Debian's Chromium, driven by selenium, and what it records."""
import json
import shutil
from contextlib import contextmanager
from typing import Any, Dict, Iterator, List, Optional
from urllib.parse import urlsplit

#: Where the script of a test waits for a result, in seconds.
PATIENCE = 300


def find_browser() -> Optional[str]:
    """Return the path of Chromium or Chrome, None without one."""
    return shutil.which('chromium') or shutil.which('google-chrome')


def missing_browser() -> str:
    """Say what of a browser is missing; empty if nothing is."""
    if find_browser() and shutil.which('chromedriver'):
        return ''
    return ('there is no chromium, or no chromedriver; on Debian: apt-get '
            'install chromium chromium-driver')


@contextmanager
def open_browser(folder: str) -> Iterator[Any]:
    """Start a browser that saves files into a folder."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    options = webdriver.ChromeOptions()
    options.binary_location = find_browser()
    for argument in (
            '--headless=new',
            # Root has no sandbox, and containers have a small /dev/shm.
            '--no-sandbox',
            '--disable-dev-shm-usage',
            '--disable-gpu',
            '--disable-background-networking',
            '--use-fake-device-for-media-stream',
            '--use-fake-ui-for-media-stream',
            f'--user-data-dir={folder}/profile'):
        options.add_argument(argument)
    options.add_experimental_option(
        'prefs', {'download.default_directory': f'{folder}/saved'})
    options.set_capability('goog:loggingPrefs', {
        'browser': 'ALL',
        'performance': 'ALL'
    })
    driver = webdriver.Chrome(
        options=options, service=Service(shutil.which('chromedriver')))
    try:
        driver.set_script_timeout(PATIENCE)
        yield driver
    finally:
        driver.quit()


class Records:
    """What the browser did: kept, since it forgets what was read."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver
        self._events: List[Dict[str, Any]] = []
        self._messages: List[Dict[str, Any]] = []
        # Forget the page that a browser starts with.
        driver.get('about:blank')
        for kind in ('performance', 'browser'):
            driver.get_log(kind)

    @property
    def messages(self) -> List[Dict[str, Any]]:
        """Lines of the console."""
        self._messages += self.driver.get_log('browser')
        return self._messages

    @property
    def requests(self) -> List[str]:
        """Addresses that were asked for by the network, all of them."""
        self._events += [
            json.loads(entry['message'])['message']
            for entry in self.driver.get_log('performance')
        ]
        return [
            event['params']['request']['url'] for event in self._events
            if event['method'] == 'Network.requestWillBeSent'
        ]

    def outside(self, host: str) -> List[str]:
        """Requests that left a host; those to memory leave nothing."""
        return [
            url for url in self.requests if urlsplit(url).scheme not in (
                'blob', 'data') and urlsplit(url).netloc != host
        ]
