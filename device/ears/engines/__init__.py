"""Speech recognizers under one interface; each lives in a child that dies with its command."""
