/** Stands for every image that a component imports. */
export default 'image.svg';
