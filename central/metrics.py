"""Figures for Prometheus; with several workers they are added up over a folder that all of them share."""

from __future__ import annotations

import os

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The figures of one application."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "kilotill_requests",
            "Requests answered",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self.seconds = Histogram(
            "kilotill_request_seconds",
            "Time to answer a request",
            ["method", "route"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.running = Gauge(
            "kilotill_requests_running",
            "Requests being answered now",
            multiprocess_mode="livesum",
            registry=self._registry,
        )
        self.sign_ins = Counter(
            "kilotill_sign_ins", "Sign-ins by how they ended", ["result"], registry=self._registry
        )
        self.refused = Counter(
            "kilotill_requests_refused", "Requests over a limit", ["kind"], registry=self._registry
        )

    @property
    def registry(self) -> CollectorRegistry:
        """Where other parts of the server register their own figures."""
        return self._registry

    def render(self) -> tuple[bytes, str]:
        """Return all figures and their media type."""
        registry = self._registry
        if SHARED_FOLDER in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry), CONTENT_TYPE_LATEST
