"""The words for visits: what is done on one, what it is for, whether it reached that."""

from __future__ import annotations

import enum


class VisitKind(enum.StrEnum):
    """What is done on a visit."""

    SALES_CALL = "sales_call"
    TECHNICAL_SEMINAR = "technical_seminar"
    EXCHANGE = "exchange"
    DEMO = "demo"
    EXECUTIVE_VISIT = "executive_visit"
    SITE_VISIT = "site_visit"
    TERMS_NEGOTIATION = "terms_negotiation"
    STORE_VISIT = "store_visit"
    TRAINING = "training"
    OTHER = "other"


class VisitPurpose(enum.StrEnum):
    """What a visit is for (融洽关系, 挖掘信息, 加强优势, 推动前进)."""

    RAPPORT = "rapport"
    INFORMATION = "information"
    ADVANTAGE = "advantage"
    MOVING_FORWARD = "moving_forward"


class ObjectiveMet(enum.StrEnum):
    """Whether a visit reached what it was for."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"
