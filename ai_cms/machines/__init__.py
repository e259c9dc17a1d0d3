"""For machines that read: Markdown of pages, llms.txt, robots.txt by kind of bot, and figures of who came."""
