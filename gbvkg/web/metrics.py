"""What an operator wants to see, in the text format that Prometheus reads.

Counters are plain numbers that the service keeps anyway; they are only put into words when asked for. This
module refuses to name a client, a query or a path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gbvkg.web.service import Service


def exposition(service: Service) -> str:
    """Prometheus text exposition format 0.0.4."""
    current, site = service.current, service.current.site
    pool = site.pool
    lines = [
        "# HELP gbvkg_requests_total Requests by method and status.",
        "# TYPE gbvkg_requests_total counter",
    ]
    for (method, status), count in sorted(service.counts.items()):
        lines.append(f'gbvkg_requests_total{{method="{method}",status="{status}"}} {count}')
    for name, kind, said, value in (
        ("request_seconds_total", "counter", "Time spent on all requests.", service.seconds),
        ("kept_answers_total", "counter", "Requests answered with a kept answer.", service.hits),
        ("cache_bytes", "gauge", "Size of the kept answers.", site.cache.size),
        ("clients", "gauge", "Clients with a budget in use.", len(service.budget)),
        ("workers", "gauge", "Query workers.", pool.workers),
        ("workers_busy", "gauge", "Query workers that are busy.", pool.busy),
        ("queries_waiting", "gauge", "Queries that wait for a worker.", pool.waiting),
        ("release_swaps_total", "counter", "Times another release was taken.", current.swaps),
        ("release_refused_total", "counter", "Releases refused.", current.refused),
        ("quads", "gauge", "Quads in the release that is served.", site.manifest.quads),
    ):
        lines += [f"# HELP gbvkg_{name} {said}", f"# TYPE gbvkg_{name} {kind}", f"gbvkg_{name} {value:g}"]
    lines += [
        "# HELP gbvkg_release The release that is served.",
        "# TYPE gbvkg_release gauge",
        f'gbvkg_release{{version="{site.version}"}} 1',
    ]
    return "\n".join(lines) + "\n"
