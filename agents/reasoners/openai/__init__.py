"""The model reasoner. Importing it imports no client: that happens with the first call."""

from agents.reasoners.openai.client import Client, Endpoint
from agents.reasoners.openai.limits import LedAstray, Limits, OverBudget, Price, Unusable
from agents.reasoners.openai.reasoner import OpenAIReasoner

__all__ = ["Client", "Endpoint", "LedAstray", "Limits", "OpenAIReasoner", "OverBudget", "Price", "Unusable"]
