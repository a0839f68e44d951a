"""Sandbox server for Kustom's Checkout and Order Management API.

The names of ``__all__`` are the public Python API; they are imported on first use, so that
importing the package costs nothing (pytest imports it in every run, for its plugin).

- :class:`ControlClient` drives the control API of a running server.
- :func:`running_server` runs a server in a thread and yields a :class:`KustomServer`, whose
  :meth:`~KustomServer.open_sandbox` returns a :class:`KustomSandbox`.
- The typed dictionaries describe the JSON that these return. Amounts are integers in minor
  currency units, times ISO 8601 texts in UTC, sizes bytes.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockserver.checkout_types import (
        AdditionalCheckbox,
        CheckoutAddress,
        CheckoutAttachment,
        CheckoutCompletion,
        CheckoutCustomer,
        CheckoutDetails,
        CheckoutGui,
        CheckoutLine,
        CheckoutOptions,
        CheckoutOrder,
        CheckoutSubscription,
        CheckoutSummary,
        DiscountLine,
        ExternalPayment,
        MerchantUrls,
        ProductIdentifiers,
        ShippingOption,
        SingleCheckbox,
        ValidationResponse,
    )
    from mockserver.client import ControlClient, ControlError
    from mockserver.control_types import (
        AwaitResult,
        ClockChange,
        ClockState,
        ExpiredOrder,
        FaultStatus,
        ProblemDetails,
        RecordedMessage,
        RequestEntry,
        SandboxSummary,
        SnapshotSummary,
    )
    from mockserver.delivery_types import (
        AwaitDeliveriesResult,
        DeliveryAttempt,
        DeliveryEntry,
        WebhookEndpointDetails,
    )
    from mockserver.merchant_types import (
        InitialPaymentMethod,
        MerchantCapture,
        MerchantOrder,
        MerchantOrderLine,
        MerchantRefund,
    )
    from mockserver.order_types import (
        AllocationExplanation,
        BookedAmount,
        CandidateCapture,
        ClosestCapture,
        ConditionResult,
        ForcedOutcome,
        LedgerAmounts,
        LineBalance,
        OperationName,
        OrderDetails,
        OrderSummary,
        RefundAllocation,
        RefundDryRun,
        RefusalExplanation,
        RuleProvenance,
        TimelineEntry,
    )
    from mockserver.report_types import (
        AuditFinding,
        AuditReport,
        AuditRuleResult,
        CoverageCounts,
        ExpectationResult,
        InvariantsReport,
        OrderInvariants,
        ScenarioFinding,
        SilencedAuditRule,
        VerdictReport,
        WhatifBranch,
        WhatifDifference,
        WhatifFigure,
        WhatifReport,
    )
    from mockserver.scenario_types import (
        CheckoutSpec,
        CompletionOutcome,
        CompletionSpec,
        OrderSpec,
        PushTiming,
    )
    from mockserver.testing.sandbox_handle import KustomSandbox
    from mockserver.testing.sandbox_parts import OrderIds, SandboxClock, SandboxFaults
    from mockserver.testing.scenario_sources import ScenarioSource
    from mockserver.testing.server_handle import KustomServer
    from mockserver.testing.server_thread import running_server

__version__ = "0.1.0"

__all__ = (
    "AdditionalCheckbox",
    "AllocationExplanation",
    "AuditFinding",
    "AuditReport",
    "AuditRuleResult",
    "AwaitDeliveriesResult",
    "AwaitResult",
    "BookedAmount",
    "CandidateCapture",
    "CheckoutAddress",
    "CheckoutAttachment",
    "CheckoutCompletion",
    "CheckoutCustomer",
    "CheckoutDetails",
    "CheckoutGui",
    "CheckoutLine",
    "CheckoutOptions",
    "CheckoutOrder",
    "CheckoutSpec",
    "CheckoutSubscription",
    "CheckoutSummary",
    "ClockChange",
    "ClockState",
    "ClosestCapture",
    "CompletionOutcome",
    "CompletionSpec",
    "ConditionResult",
    "ControlClient",
    "ControlError",
    "CoverageCounts",
    "DeliveryAttempt",
    "DeliveryEntry",
    "DiscountLine",
    "ExpectationResult",
    "ExpiredOrder",
    "ExternalPayment",
    "FaultStatus",
    "ForcedOutcome",
    "InitialPaymentMethod",
    "InvariantsReport",
    "KustomSandbox",
    "KustomServer",
    "LedgerAmounts",
    "LineBalance",
    "MerchantCapture",
    "MerchantOrder",
    "MerchantOrderLine",
    "MerchantRefund",
    "MerchantUrls",
    "OperationName",
    "OrderDetails",
    "OrderIds",
    "OrderInvariants",
    "OrderSpec",
    "OrderSummary",
    "ProblemDetails",
    "ProductIdentifiers",
    "PushTiming",
    "RecordedMessage",
    "RefundAllocation",
    "RefundDryRun",
    "RefusalExplanation",
    "RequestEntry",
    "RuleProvenance",
    "SandboxClock",
    "SandboxFaults",
    "SandboxSummary",
    "ScenarioFinding",
    "ScenarioSource",
    "ShippingOption",
    "SilencedAuditRule",
    "SingleCheckbox",
    "SnapshotSummary",
    "TimelineEntry",
    "ValidationResponse",
    "VerdictReport",
    "WebhookEndpointDetails",
    "WhatifBranch",
    "WhatifDifference",
    "WhatifFigure",
    "WhatifReport",
    "__version__",
    "running_server",
)

_MODULE_BY_NAME = {
    "ControlClient": "client",
    "ControlError": "client",
    "KustomSandbox": "testing.sandbox_handle",
    "KustomServer": "testing.server_handle",
    "OrderIds": "testing.sandbox_parts",
    "SandboxClock": "testing.sandbox_parts",
    "SandboxFaults": "testing.sandbox_parts",
    "ScenarioSource": "testing.scenario_sources",
    "running_server": "testing.server_thread",
}
"""Where public classes and functions are defined, below this package."""

_TYPE_MODULES = (
    "order_types",
    "report_types",
    "control_types",
    "checkout_types",
    "delivery_types",
    "merchant_types",
    "scenario_types",
)
"""Where the other public names are: types of JSON, which cost next to nothing to import."""


def __getattr__(name: str) -> object:
    """Import a public name when it is first used.

    Raises:
        AttributeError: the name is not public.
    """
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    for module_name in [_MODULE_BY_NAME[name]] if name in _MODULE_BY_NAME else _TYPE_MODULES:
        module = import_module(f"{__name__}.{module_name}")
        if hasattr(module, name):
            globals()[name] = getattr(module, name)
            break
    return globals()[name]


def __dir__() -> list[str]:
    """List the public names, those not imported yet included."""
    return sorted({*globals(), *__all__})
