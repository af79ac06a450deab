"""Messages between a comparison and its pages."""

from __future__ import annotations

from splat_widgets.page.messages import BundleAnswer, BundleRequest, TraitsChanged

ToPage = BundleAnswer
ToKernel = BundleRequest | TraitsChanged
