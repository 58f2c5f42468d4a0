"""What the cyclic garbage collector of the serving process looks at: what requests make, not what a release
needs for as long as it is served.

Looking at all of that (some 200,000 objects for a plan of 1,150 actions) takes a tenth of a second and more,
in which nobody is answered. This module refuses to be called by anything but the process that serves: it
changes the collector for all that runs there.
"""

from __future__ import annotations

import gc

THRESHOLDS = (10_000, 20, 100)
"""When the collector looks at new objects, older ones, and all (``gc.set_threshold``). A page makes thousands
that are gone without it when it is sent; with the usual 700 it looks for them in vain each time.
"""


def settle() -> None:
    """Collect what went, and from now on look at what comes. To be called when a release is open, and again
    when another has taken its place: what is set aside is not collected before.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
