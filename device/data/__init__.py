"""What is kept, on disk: ledger, inventory, export, restore, forget. No network, no loudspeaker."""
