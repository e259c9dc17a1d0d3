"""Long work: runs, their events, their readers and who carries them out."""
