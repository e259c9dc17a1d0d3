"""One backend a file; the contract is :class:`ai_cms.llm.backends.base.BaseLLMBackend`."""
