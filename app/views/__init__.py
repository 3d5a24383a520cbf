"""What people and programs read: views of the rows as plain JSON values. Nothing here changes anything."""
