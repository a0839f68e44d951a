"""Files of the dashboard: plain HTML, CSS and ES modules, served as they are.

``app.js`` begins; ``api.js``, ``stream.js``, ``dom.js``, ``format.js``, ``list.js``,
``picture.js`` and ``actions.js`` are shared; each ``view-….js`` is a page. Colours and sizes
are in ``tokens.css``. ``static_files`` answers browsers with them.
"""
