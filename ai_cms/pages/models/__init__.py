from __future__ import annotations

from .access import PageGroupPermission, PreviewLink
from .approval import PageAct, PageApproval
from .element import Element, ElementReference
from .page import AbstractPage, AbstractPageMeta, Page, PageStatus
from .proposal import Proposal, ProposalStatus
from .publication import Publication, PublicationFacet
from .redirect import Redirect
from .revision import Revision, RevisionKind
from .site import Site
from .template import AbstractTemplate, Template
from .work import TreeWork, WorkKind, WorkStatus

__all__ = [
    "AbstractPage",
    "AbstractPageMeta",
    "AbstractTemplate",
    "Element",
    "ElementReference",
    "Page",
    "PageAct",
    "PageApproval",
    "PageGroupPermission",
    "PageStatus",
    "PreviewLink",
    "Proposal",
    "ProposalStatus",
    "Publication",
    "PublicationFacet",
    "Redirect",
    "Revision",
    "RevisionKind",
    "Site",
    "Template",
    "TreeWork",
    "WorkKind",
    "WorkStatus",
]
