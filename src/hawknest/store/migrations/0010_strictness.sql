-- How far each domain goes with letters that seem forged: refuse, junk, mark.
ALTER TABLE domain ADD COLUMN strictness TEXT NOT NULL DEFAULT 'refuse';
