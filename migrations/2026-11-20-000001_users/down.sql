DROP TABLE user_settings;
DROP TABLE sessions;
DROP TABLE users;
