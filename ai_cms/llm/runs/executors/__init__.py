"""Who carries runs out: the setting ``RUNNER``; see :mod:`ai_cms.llm.runs.executors.runner`."""
