"""A company's invoicing and purchasing settings. Source: names seen in code, meanings inferred."""

from __future__ import annotations

from erp_sandbox.ifs.entity import FLAG, NUMBER, EntitySet, texts, typed

_INVOICE_FLAGS = (
    "UsePostingProposal VoucherAtInvEntry SameVoucherNo MatchInvoiceAtArrival SepInvAuth GrossCalc "
    "InvSuppNotEqualSupp OrdCompNotEqualComp CaptureSuppInvoiceData"
)
_FLOW_FLAGS = (
    "TwoAuthorizers AuthorizationRouting AuthorizerFromPurch ValidationAtPosting "
    "AddEmptyPostingLine CreateZeroInvPosting ExcludePoPostings ExcludePostingAuth "
    "RequisitionerAsAck"
)

COMPANY_SETS = (
    EntitySet(
        name="CompanyInvoiceInfoArray",
        projection="CompanyHandling",
        lu="CompanyInvoiceInfo",
        key=("Company",),
        parent="CompanySet",
        fields={
            **texts(
                "Company SuppInvNoUniqueness AuthorizationLevel IncInvCurrRateBase "
                "ToleranceCurrency"
            ),
            **typed(FLAG, _INVOICE_FLAGS),
            **typed(NUMBER, "AmountTolerance PercentTolerance"),
        },
    ),
    EntitySet(
        name="CompanyInvoiceSuppInvWorkflows",
        projection="CompanyHandling",
        lu="CompanyInvoiceInfo",
        key=("Company",),
        parent="CompanySet",
        fields={
            **texts("Company"),
            **typed(FLAG, _FLOW_FLAGS),
            "TwoAuthorizersAmount": NUMBER,
        },
    ),
    EntitySet(
        name="CompanyInvoiceInfoDefInvTypes",
        projection="CompanyHandling",
        lu="CompanyInvoiceInfo",
        key=("Company",),
        parent="CompanySet",
        fields=texts("Company DefManSuppInvType DefAutoInvoiceType DefRecManSuppInvType"),
    ),
    EntitySet(
        name="CompanyProcurementInfoArray",
        projection="CompanyHandling",
        lu="CompanyProcurementInfo",
        key=("Company",),
        parent="CompanySet",
        fields={**texts("Company"), **typed(FLAG, "AllowChangesToPo EnforcePoAuthDb")},
    ),
    EntitySet(
        name="CompanyPayments",
        projection="CompanyHandling",
        lu="CompanyPayment",
        key=("Company",),
        parent="CompanySet",
        fields=texts("Company"),
    ),
)
