import { Router } from 'express';
import tags from './tag/tag.controller';
import users from './user/user.controller';

export default Router().use('/api', Router().use(tags).use(users));
